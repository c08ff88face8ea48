"""The slow tests, and why they may wait: `pytest` leaves them out, `pytest -m slow` and `.ci/full` run them.

A test is here if it takes seconds and repeats, for many methods or sizes, what a faster one promises already; the reason says which.
Most of these seconds are XLA's: each case compiles programs of its own.
"""

from __future__ import annotations

from typing import NamedTuple


class Slow(NamedTuple):
    """Why a test may wait, and which of its cases do not."""

    why: str
    but: tuple[str, ...] = ()


SNIPPETS = (  #: one of each way to write a schedule, of each call, and of the bridge
    *(f"adam, {schedule}-noisy quadratic" for schedule in ("None", "step", "exponential", "inverse-time", "restarts")),
    *("momentum, cosine-noisy quadratic", "momentum, warmup-cosine-noisy quadratic", "nadam-constant, None-noisy quadratic"),
    *("velocity+rmsprop-inside, one-cycle-noisy quadratic", "muon, None-noisy quadratic", "l2+adam, None-noisy quadratic"),
    "weight-decay+sgd, None-noisy quadratic",
)

SLOW: dict[str, Slow] = {
    "app/test_browser.py::test_a_formula_is_typed_and_a_bad_one_is_said_where_it_is_wrong": Slow("test_state.py reads addresses"),
    "app/test_browser.py::test_a_reload_loses_nothing": Slow("test_state.py: a state is written to its address and read again"),
    "app/test_browser.py::test_a_table_is_handed_in": Slow("test_training.py trains on a table that was handed in"),
    "app/test_browser.py::test_another_surface_is_chosen": Slow("test_every_view_is_drawn… draws several"),
    "app/test_browser.py::test_every_lesson_is_drawn_and_a_picture_of_it_is_kept": Slow("test_every_view_is_drawn… draws one"),
    "app/test_browser.py::test_every_view_is_drawn_wide_and_narrow_and_pictures_are_kept": Slow(
        "the page Network without a plane, and a lesson, which test_a_lesson_sees… opens",
        but=(
            "?surface=himmelblau-more0",
            "?view=3d-more1",
            "?surface=valley&methods=sgd:learning_rate=0.021,momentum:learning_rate=0.1-more2",
            "network?data=spirals&epochs=4&hidden=16&methods=sgd,adam-more3",
        ),
    ),
    "app/test_browser.py::test_methods_are_ticked_and_added": Slow("test_every_view_is_drawn… has several methods"),
    "app/test_browser.py::test_networks_learn_side_by_side_and_a_race_gives_the_verdict": Slow("test_training.py asks for the verdict"),
    "app/test_browser.py::test_two_tabs_do_not_disturb_each_other": Slow("a page's state is its own object"),
    "bridges/test_optax.py::test_a_factory_of_optax_races_with_its_numbers_searched": Slow("its steps and its search space are tested"),
    "bridges/test_optax.py::test_a_transformation_stands_where_the_method_stands": Slow(
        "one of each sort stays: a state, a look-ahead point, an average, noise",
        but=("momentum", "nesterov", "adam", "schedule-free", "ema+adam", "accumulate+ema+sgd", "noisy+nesterov"),
    ),
    "bridges/test_torch.py::test_it_takes_the_steps_of_the_method_wherever_that_asks_for_gradients": Slow(
        "one method that asks once, and two that ask twice, stay", but=("ema+adam", "lookahead+nadam", "sam+momentum")
    ),
    "bridges/test_torch.py::test_it_takes_the_steps_of_torch_own_optimizer_in_every_precision": Slow("test_dialects compares in float64"),
    "contestants/test_remedies.py::test_a_race_with_all_remedies_finishes_and_its_report_is_written": Slow("each remedy is tested alone"),
    "dialects/test_code.py::test_the_snippet_for_optax_takes_the_same_steps": Slow(
        "its call is tested in test_optax.py, the bridge that others go by in bridges/test_optax.py",
        but=SNIPPETS,
    ),
    "dialects/test_code.py::test_the_snippet_for_torch_takes_the_same_steps": Slow(
        "its call is tested in test_torch.py, the bridge that others go by in bridges/test_torch.py",
        but=SNIPPETS,
    ),
    "engine/test_program.py::test_a_stack_of_lanes_is_a_loop_over_lanes": Slow(
        "methods/test_contract.py stacks every method", but=("adam", "sgd", "adafactor")
    ),
    "engine/test_program.py::test_the_number_of_devices_changes_no_bit": Slow(
        "one method of each sort stays", but=("adam", "sgd", "adafactor", "muon", "rmsprop")
    ),
    "engine/test_program.py::test_the_number_of_lanes_changes_no_bit": Slow("another number of lanes", but=("24",)),
    "landscape/test_curvature.py::test_in_single_precision_they_are_as_good_as_its_rounding": Slow("in double precision it is exact"),
    "landscape/test_curvature.py::test_lanczos_extremes_are_those_of_the_whole_hessian": Slow("a larger network", but=("mlp:8",)),
    "landscape/test_curvature.py::test_the_eigenvalues_of_a_known_matrix_are_found": Slow(
        "where Lanczos' space is used up, every number of steps compiles anew", but=("many",)
    ),
    "problems/test_models.py::test_a_model_has_its_parameters_and_predicts_its_outputs_for_any_batch": Slow(
        "larger models", but=("linear-inputs0-1-6", "mlp:32-inputs1-3-259", "cnn:4-inputs4-2-162")
    ),
    "problems/test_synthetic.py::test_a_long_descent_comes_down_to_that_value_and_no_lower": Slow("the lowest values are tested by hand"),
    "problems/test_synthetic.py::test_the_origin_is_a_saddle_whose_ways_down_are_the_singular_values": Slow("the lowest value is tested"),
    "racing/test_functions.py::test_a_function_is_raced_counted_in_gradients_and_drawn_below_zero": Slow(
        "a second function", but=("easom",)
    ),
    "racing/test_dynamics.py::test_a_method_of_ones_own_has_no_code_elsewhere_and_that_is_said": Slow("dialects/test_code.py refuses it"),
    "racing/test_stopped.py::test_a_race_that_is_killed_goes_on_and_ends_like_one_that_was_not": Slow(
        "test_race.py stops a race in every rung; this one kills the process"
    ),
    "racing/test_stopped.py::test_two_processes_may_run_one_race_at_once": Slow("the store's test has two connections"),
    "report/test_report.py::test_a_browser_draws_every_picture_without_an_error": Slow(
        "the same pictures, narrow", but=("wide-summary", "wide-all_diverged", "wide-long_names", "wide-own_function")
    ),
    "studies/test_basins.py::test_a_minimum_in_the_tip_of_a_cone_is_found": Slow("himmelblau's and six-hump camel's basins are found"),
    "studies/test_basins.py::test_styblinski_and_tangs_function_in_four_dimensions_has_sixteen": Slow("himmelblau's basins are counted"),
    "studies/test_endpoints.py::test_a_wider_network_is_looked_at_as_it_is": Slow("the final lanes of a race are looked at"),
    "studies/test_endpoints.py::test_the_command_diagnoses_points_and_ends_of_descents": Slow(".ci/smoke runs the command"),
    "studies/test_endpoints.py::test_the_command_diagnoses_the_newest_race": Slow(".ci/smoke runs the command"),
    "studies/test_landscape.py::test_a_browser_draws_all_four_pictures": Slow("a wide page as well as a narrow one", but=("500,2600",)),
    "studies/test_landscape.py::test_the_command_builds_the_problem_of_a_file_again": Slow("racing/test_recall.py does"),
    "studies/test_landscape.py::test_the_command_knows_data_sets_and_its_mistakes": Slow(".ci/smoke runs the command"),
    "studies/test_training.py::test_it_ends_where_a_single_run_ends": Slow("other batches", but=("momentum@32",)),
}


def split(test: str) -> tuple[str, str]:
    """The file and name of a test's id, and its case, which may be empty."""
    name, _, case = test.removeprefix("tests/").partition("[")
    return name, case.removesuffix("]")


def is_slow(test: str) -> bool:
    """Whether the test with this id may wait."""
    name, case = split(test)
    found = SLOW.get(name)
    return found is not None and (not case or case not in found.but)
