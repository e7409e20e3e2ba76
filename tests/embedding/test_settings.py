from movierec.embedding.settings import SCORE_SETTINGS, SEQUENTIAL_DEFAULTS, TrainSettings


def scores(settings: TrainSettings) -> dict[str, float]:
    return {name: getattr(settings, name) for name in SCORE_SETTINGS}


def test_sequential_training_answers_both_questions_with_the_defaults_of_each() -> None:
    first, second = TrainSettings().resolved(True).of_questions()
    assert (first.sequential, second.sequential) == ("on", "off")
    assert scores(first) == SEQUENTIAL_DEFAULTS["on"]
    assert scores(second) == SEQUENTIAL_DEFAULTS["off"]
    assert first.walk_graph == second.walk_graph == "FOLLOWED_BY", "both start from the same vectors"
    (only,) = TrainSettings().resolved(False).of_questions()
    assert (only.sequential, only.walk_graph, scores(only)) == ("off", "CO_LIKED", SEQUENTIAL_DEFAULTS["off"])


def test_score_settings_of_answers_without_the_order_are_named_apart() -> None:
    given = TrainSettings(graph_weight=0.1, unordered_graph_weight=0.9)
    first, second = given.resolved(True).of_questions()
    assert (first.graph_weight, second.graph_weight) == (0.1, 0.9)
    # Of a training for these alone, either name will do; its own counts more.
    assert given.resolved(False).graph_weight == 0.1
    assert TrainSettings(unordered_graph_weight=0.9).resolved(False).graph_weight == 0.9


def test_part_that_is_left_out_is_left_out_of_both() -> None:
    first, second = TrainSettings(encoder_weight=0.0).resolved(True).of_questions()
    assert (first.encoder_weight, second.encoder_weight) == (0.0, 0.0)
    assert second.prediction_weight == SEQUENTIAL_DEFAULTS["off"]["prediction_weight"]
