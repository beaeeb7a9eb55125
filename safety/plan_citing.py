"""What of this room shows that a duty was fulfilled."""

from supervision.plan.duties.citing import let_cite

OF_SECTION = "section__participations__organization"

let_cite("drills", day="held_on", units=(OF_SECTION, "project__owner"))
let_cite("inspection-visits", day="visited_on", named=("unit",))
let_cite("trainings", day="held_on", units=(OF_SECTION, "enterprise__owner"))
let_cite("safety-activities", day="held_on", units=("organizer",))
