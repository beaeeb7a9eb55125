"""People without an account: proof of work in place of a captcha, limits by address, acknowledgement codes."""
