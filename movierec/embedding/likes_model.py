"""What is learnt from users' likes to answer one question, what comes next or what fits at any time: profile
vectors, predictions and a user encoder. Pure but for checkpoints.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import LikeLists
from movierec.embedding.embeddings import Embeddings, Profiles
from movierec.embedding.plan import resolved_for_likes, users_to_learn_from
from movierec.embedding.predictions import Predictions, RegressionSettings, fit_predictions
from movierec.embedding.profiles import profile_checkpoint, train_profiles
from movierec.embedding.sequence_encoder import encoder_checkpoint, encoder_plan, train_encoder
from movierec.embedding.settings import TrainSettings
from movierec.embedding.user_encoder import EncodedMovies
from movierec.progress import Progress, silent
from movierec.training.checkpoint import Checkpoint
from movierec.training.peers import Peers, alone

__all__ = ["LikesModel", "learn_from_likes", "with_genres", "with_unordered_profiles"]


@dataclass(frozen=True, kw_only=True)
class LikesModel:
    """The parts that answer one question.

    settings     of a training for this question alone
    profiles     None where no likes are learnt from; predictions and encoded likewise, and at weight 0
    results      what a Run says of them
    seconds      of each part, as the Run calls them
    checkpoints  of their trainings, to be discarded when all is written
    """

    settings: TrainSettings
    profiles: Profiles | None = None
    predictions: Predictions | None = None
    encoded: EncodedMovies | None = None
    results: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    checkpoints: tuple[Checkpoint, ...] = ()

    def is_finite(self) -> bool:
        """Whether all numbers of its vectors are."""
        parts = (self.profiles, self.encoded)
        return all(part is None or part.is_finite() for part in parts)


def learn_from_likes(
    likes: LikeLists | None,
    embeddings: Embeddings,
    settings: TrainSettings,
    checkpoints: Path,
    *,
    fresh: bool = False,
    progress: Progress = silent,
    threads: int = 2,
    peers: Peers = alone,
) -> LikesModel:
    """Learn all parts for the question of `settings`, resolved ones; without `likes` none.

    `checkpoints` is the folder of unfinished trainings; those of the same likes, vectors and settings are resumed,
    unless `fresh`. The `peers` help with the profiles.
    """
    if likes is None:
        return LikesModel(
            settings=settings, seconds={"profile_seconds": 0, "prediction_seconds": 0, "encoder_seconds": 0}
        )
    settings = resolved_for_likes(settings, likes)
    used = [profile_checkpoint(checkpoints, likes, embeddings, settings, peers.size)]
    encodes = bool(settings.encoder_weight and len(users_to_learn_from(likes)))
    if encodes and settings.sequential == "on":
        encodes = len(encoder_plan(likes, settings).users) > 0
        used.append(encoder_checkpoint(checkpoints, likes, embeddings, settings))
    if fresh:
        for checkpoint in used:
            checkpoint.discard()
    times = [time.monotonic()]
    profiles = train_profiles(likes, embeddings, settings, progress, threads, checkpoint=used[0], peers=peers)
    results: dict[str, Any] = {
        "profile_losses": (profiles.losses[0], profiles.losses[-1]) if profiles.losses else (),
        "profiles_sha256": profiles.sha256(),
        "profile_movies": len(profiles.movie_ids),
    }
    times.append(time.monotonic())
    predictions = encoded = None
    if settings.prediction_weight:
        regression = RegressionSettings.default(settings.sequential == "on")
        predictions = fit_predictions(likes, regression, settings.seed, progress)
        results |= {"predictions": len(predictions), "predictions_sha256": predictions.sha256()}
    times.append(time.monotonic())
    if encodes:
        encoded = _encode(likes, embeddings, settings, progress, threads=threads, checkpoint=used[-1])
        results |= {
            "encoder": encoded.encoder.kind,
            "encoder_sha256": encoded.sha256(),
            "encoder_movies": len(encoded.movie_ids),
        }
        if encoded.losses:
            results["encoder_losses"] = (encoded.losses[0], encoded.losses[-1])
    times.append(time.monotonic())
    return LikesModel(
        settings=settings,
        profiles=profiles,
        predictions=predictions,
        encoded=encoded,
        results=results,
        seconds=dict(
            zip(("profile_seconds", "prediction_seconds", "encoder_seconds"), np.diff(times).tolist(), strict=True)
        ),
        checkpoints=tuple(used),
    )


def with_unordered_profiles(sequential: LikesModel, unordered: LikesModel, share: float) -> LikesModel:
    """The first, with logits of which `share` are the second's: what comes next is also what fits at any time.

    Its profile vectors are those of both, one after the other, (M, 2 D), and a candidate's are weighted:

        P = [P_s, P_u]    O = [(1 - share) O_s, share O_u]    b = (1 - share) b_s + share b_u
    """
    one, other = sequential.profiles, unordered.profiles
    if one is None or other is None or not share:
        return sequential
    profiles = replace(
        one,
        profiles=np.hstack([one.profiles, other.profiles]),
        contexts=np.hstack([(1.0 - share) * one.contexts, share * other.contexts]).astype(np.float32),
        bias=((1.0 - share) * one.bias + share * other.bias).astype(np.float32),
    )
    return _with_profiles(sequential, profiles)


def with_genres(learnt: LikesModel, vectors: NDArray[np.float32], weight: float) -> LikesModel:
    """The same, with logits to which the genres of movies add at most `weight` (`genres`).

    `vectors` (M, G): the genre vectors of the movies of its profiles. Its profile vectors begin with these G
    numbers, a candidate's with `weight` times these.
    """
    one = learnt.profiles
    if one is None or not weight or not vectors.shape[1]:
        return learnt
    profiles = replace(
        one,
        profiles=np.hstack([vectors, one.profiles]),
        contexts=np.hstack([np.float32(weight) * vectors, one.contexts]),
    )
    return _with_profiles(learnt, profiles)


def _with_profiles(learnt: LikesModel, profiles: Profiles) -> LikesModel:
    return replace(learnt, profiles=profiles, results=learnt.results | {"profiles_sha256": profiles.sha256()})


def _encode(
    likes: LikeLists,
    embeddings: Embeddings,
    settings: TrainSettings,
    progress: Progress,
    *,
    threads: int,
    checkpoint: Checkpoint,
) -> EncodedMovies:
    if settings.sequential == "off":
        from movierec.embedding.ials import fit_factors  # needs scipy

        return fit_factors(likes, settings, progress)
    return train_encoder(likes, embeddings, settings, progress, threads, checkpoint=checkpoint)
