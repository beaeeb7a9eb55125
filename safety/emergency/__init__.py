"""Emergency management (应急管理): drill frequency, duty gaps, who is exposed to a weather warning."""
