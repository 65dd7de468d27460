"""Any analysis appears on the page of its family, with nothing written for it."""

from streamlit.testing.v1 import AppTest


def script():
    from gandash import runs
    from pages.components.further_analyses import further_analyses

    run = runs.get("digits-dcgan")
    further_analyses("latent", run, run.snapshot(None))
    further_analyses("latent", run, run.snapshot(None), shown=["interpolation"])  # draws nothing, or the keys would clash


def test_an_analysis_is_drawn_from_its_options_and_shows_its_figure(shelf):
    at = AppTest.from_function(script, default_timeout=60).run()
    assert not at.exception
    assert [expander.label for expander in at.expander] == ["Interpolation"]
    assert not at.get("plotly_chart")
    at.number_input(key="analysis_interpolation_options.0.steps").set_value(5)
    at.button(key="analysis_interpolation_compute").click().run()
    assert not at.exception
    figure = at.get("plotly_chart")[0].proto.spec
    assert "way from A (0) to B (1)" in figure
    at.number_input(key="analysis_interpolation_options.0.steps").set_value(6).run()
    assert at.get("plotly_chart") and "other settings" in at.caption[0].value
