"""What the plan makes of the demonstration: duties, campaigns, the appraisal. By its name the last part of the last
room, since it counts what all the others laid down."""

from supervision.plan.demo_duties import LABEL, load

__all__ = ["LABEL", "load"]
