"""What of this room shows that a duty was fulfilled."""

from supervision.plan.duties.citing import let_cite

let_cite("integrity-education", day="held_on", units=("unit",))
let_cite("service-visits", day="visited_on", units=("office",))
