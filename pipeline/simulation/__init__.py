"""A simulated panel: known true attitudes, probability recruitment, nonresponse, and the files a platform exports."""

from pipeline.simulation.assumptions import Assumptions, Behaviour, read_assumptions
from pipeline.simulation.panel import SimulatedPanel, simulate_panel

__all__ = ["Assumptions", "Behaviour", "SimulatedPanel", "read_assumptions", "simulate_panel"]
