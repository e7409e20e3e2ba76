"""What `--help` says of the settings: heading -> setting -> sentence. A setting of one name has one sentence."""

from __future__ import annotations

from movierec.embedding.settings import SEQUENTIAL_DEFAULTS

__all__ = ["DERIVE", "RATING_MODEL", "TRAIN", "TRAIN_DEFAULTS"]

SEED = "Random seed; the same seed and data give identical results."
DEVICE = "Where to train; results are reproducible on the CPU only."
EMBEDDING_SIZE = "Dimensions of a vector."
SEQUENTIAL = "Use the order of each user's likes; auto: where timestamps tell it."

TRAIN_DEFAULTS: dict[str, object] = {
    name: f"{SEQUENTIAL_DEFAULTS['on'][name]}, not sequential {value}"
    for name, value in SEQUENTIAL_DEFAULTS["off"].items()
}

TRAIN = {
    "Options": {
        "epochs": "Epochs; each walks from every movie.",
        "embedding_size": EMBEDDING_SIZE,
        "sequential": SEQUENTIAL,
        "warm_start": "Start from the live vectors; new movies from the mean of their neighbours'.",
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
        "negative_samples": "Negatives for each true context.",
        "negative_exponent": "Draw negatives by frequency to this power; 0: uniformly.",
        "reject_true_pairs": "Drop negatives that are true contexts.",
        "tied_embeddings": "One vector for a movie as centre and as context.",
        "learning_rate": "Initial learning rate, of row-wise AdaGrad.",
        "final_learning_rate_fraction": "Final learning rate as a fraction of the initial one; linear decay.",
        "validation_fraction": "Fraction of the edges held out for early stopping.",
        "mixed_precision": "Matrix products in bfloat16.",
    },
    "Profiles and scores of recommend": {
        "profile_epochs": "Epochs on users' likes; 0: recommend by the graph alone.",
        "profile_batch_size": "Users in a step.",
        "profile_learning_rate": "Learning rate, of Adam.",
        "like_half_life": "Likes after which a like counts half, if sequential.",
        "profile_temperature": "The higher, the flatter the profile score; see movierec tune.",
        "graph_weight": "Maximum graph score relative to maximum profile score; see movierec tune.",
    },
}

DERIVE = {
    "Options": {
        "measure": "Measure of association that is the weight; see docs/measures.md.",
        "min_rating": "Stars from which a rating is a like.",
        "min_count": "Least number of users who like both movies.",
        "min_weight": "Least weight of an edge.",
        "top_k": "Strongest edges to keep for each movie; an edge stays if either end keeps it.",
        "sequential": SEQUENTIAL,
    },
    "Likes and measures": {
        "max_user_likes": "Use only the newest likes of each user, this many.",
        "half_life_days": "Age in days at which a like counts half.",
        "denominator": "D of the measures.",
        "damping": "Users at which damped_lift is half of lift.",
    },
    "FOLLOWED_BY": {
        "follow_scale": "Likes over which the weight of a later like falls by a factor of e.",
        "follow_window": "A like that comes more likes later does not follow.",
        "follow_top_k": "Strongest FOLLOWED_BY relationships to keep out of each movie.",
    },
}

RATING_MODEL = {
    "Options": {
        "epochs": "Epochs; 0: as many as validation finds best.",
        "embedding_size": EMBEDDING_SIZE,
        "features": "Use genres, years, age, gender and occupation.",
        "seed": SEED,
        "device": DEVICE,
    },
    "Model": {
        "bases": "Basis matrices that those of the rating levels are combinations of.",
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
