"""分部分项: how works are divided, judged, and how results roll up the tree."""
