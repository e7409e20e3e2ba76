"""What `--help` says of the settings: heading -> setting -> sentence. A setting of one name has one sentence."""

from __future__ import annotations

from movierec.embedding.settings import PROFILE_EPOCHS, SEQUENTIAL_DEFAULTS

__all__ = ["DERIVE", "RATING_MODEL", "TRAIN", "TRAIN_DEFAULTS"]

SEED = "Random seed; the same seed and data give identical results."
DEVICE = "Where to train; results are reproducible on the CPU only."
EMBEDDING_SIZE = "Dimensions of a vector."
SEQUENTIAL = "Use the order of each user's likes; auto: if timestamps order them."

TRAIN_DEFAULTS: dict[str, object] = {
    **{f"unordered_{name}": value for name, value in SEQUENTIAL_DEFAULTS["off"].items()},
    "profile_epochs": f"{PROFILE_EPOCHS['on']}, not sequential {PROFILE_EPOCHS['off']}, fewer for many users",
    **{
        name: str(value)
        if value == SEQUENTIAL_DEFAULTS["on"][name]
        else f"{SEQUENTIAL_DEFAULTS['on'][name]}, not sequential {value}"
        for name, value in SEQUENTIAL_DEFAULTS["off"].items()
    },
}

TRAIN = {
    "Options": {
        "epochs": "Epochs; each walks from every movie.",
        "embedding_size": EMBEDDING_SIZE,
        "sequential": SEQUENTIAL,
        "warm_start": "Start from the vectors of the live model; new movies from the mean of their neighbours'.",
        "patience": "Early stopping: epochs without improvement; 0 disables.",
        "seed": SEED,
        "device": DEVICE,
    },
    "Walks": {
        "walks_per_node": "Walks from each movie in an epoch.",
        "walk_length": "Movies in a walk.",
        "p": "Return parameter; above 1 turns back less often.",
        "q": "In-out parameter; above 1 stays near the start.",
        "walk_graph": "Relationships to walk; auto: FOLLOWED_BY if sequential, else CO_LIKED.",
        "node2vec_plus": "Use edge weights in the bias of p and q (node2vec+).",
        "weighted_starts": "Start more walks from movies whose edges weigh more.",
        "subsample": "Threshold for dropping frequent movies from walks, such as .001; 0: none.",
        "resample_each_epoch": "New walks and negatives every epoch.",
    },
    "Skip-gram": {
        "window_size": "Contexts on each side of a movie in a walk.",
        "negative_samples": "Negatives for each context.",
        "negative_exponent": "Draw negatives by frequency to this power; 0: uniformly.",
        "reject_true_pairs": "Discard negatives that are actual contexts.",
        "tied_embeddings": "One vector for a movie as centre and as context.",
        "learning_rate": "Initial learning rate, of row-wise AdaGrad.",
        "final_learning_rate_fraction": "Final learning rate as a fraction of the initial one; linear decay.",
        "validation_fraction": "Fraction of the edges held out for early stopping.",
        "mixed_precision": "Matrix products in bfloat16.",
    },
    "Profiles and scores of recommend": {
        "profile_epochs": "Epochs on users' likes; 0: recommend by the graph alone.",
        "profile_batch_size": "Users in a step.",
        "profile_candidates": "Movies in the softmax: all, batch (those that a step's users like), or by size.",
        "profile_learning_rate": "Learning rate, of Adam.",
        "like_half_life": "Likes after which a like counts half, if sequential.",
        "unordered_share": "Share of the unordered profiles in the logits of sequential ones.",
        "genre_weight": "Most that genres add to the logit of a movie's profile; 0: genres are not used.",
        "profile_temperature": "The higher, the flatter the profile score; see movierec tune.",
        "graph_weight": "Maximum graph score relative to maximum profile score; see movierec tune.",
        "prediction_weight": "Maximum prediction score, likewise; 0: make no predictions.",
        "prediction_half_life": "Likes after which a like counts half in what it predicts, if sequential.",
        "encoder_weight": "Maximum score of the user encoder, likewise; 0: train none.",
        "encoder_temperature": "The higher, the flatter the encoder score.",
        "encoder_epochs": "Epochs of the GRU on users' likes, if sequential.",
    },
    "Scores of recommend --sequential off": {
        "unordered_profile_temperature": "As above, of answers without the order of likes.",
        "unordered_graph_weight": "Maximum graph score, likewise.",
        "unordered_prediction_weight": "Maximum prediction score, likewise; 0: make no predictions.",
        "unordered_encoder_weight": "Maximum score of the user encoder, likewise; 0: make none.",
        "unordered_encoder_temperature": "The higher, the flatter the encoder score.",
    },
}

DERIVE = {
    "Options": {
        "measure": "Association measure used as the weight; see docs/measures.md.",
        "min_rating": "Lowest rating, in stars, that is a like.",
        "min_count": "Minimum number of users who like both movies.",
        "min_weight": "Minimum weight of a CO_LIKED relationship.",
        "top_k": "Keep the strongest CO_LIKED of each movie; one stays if either of its movies keeps it; 0: all.",
        "sequential": SEQUENTIAL,
    },
    "Likes and measures": {
        "max_user_likes": "Use at most this many likes of each user, the newest.",
        "half_life_days": "Age in days at which a like counts half.",
        "denominator": "What D counts in the measures: users who like anything, or likes.",
        "damping": "Number of users who like both at which damped_lift is half of lift.",
    },
    "FOLLOWED_BY": {
        "follow_scale": "Gap, in likes, over which the weight of a later like falls by a factor of e.",
        "follow_window": "Largest gap, in likes, at which a later like still counts.",
        "follow_top_k": "Keep the strongest FOLLOWED_BY relationships from each movie.",
    },
}

RATING_MODEL = {
    "Options": {
        "epochs": "Epochs; 0: the number that is best in validation.",
        "embedding_size": EMBEDDING_SIZE,
        "features": "Use genres, years, age, gender and occupation.",
        "seed": SEED,
        "device": DEVICE,
    },
    "Model": {
        "bases": "Number of basis matrices that the matrices of the rating levels combine.",
        "feature_size": "Dimensions of the hidden layer for features.",
        "node_dropout": "Fraction of users and movies that send no messages in a step.",
        "dropout": "Dropout rate on aggregated messages.",
        "max_neighbours": "Neighbours sampled per node and step; 0: all.",
        "bias_regularization": "L2 penalty on per-user and per-movie rating-level biases.",
        "ema_decay": "Decay of the exponential moving average of weights.",
    },
    "Training": {
        "learning_rate": "Learning rate, of Adam.",
        "batch_size": "Ratings predicted in a step from the others, at most a fifth of all.",
        "max_epochs": "Upper bound when epochs are chosen by validation.",
        "patience": "Epochs without improvement before the choice is made.",
        "validation_fraction": "Fraction of the ratings held out to choose the epochs.",
    },
}
