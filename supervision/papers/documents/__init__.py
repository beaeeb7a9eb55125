"""Official documents: from a record to a paper with a number, in Word and PDF, signed by a person.

    contents    what a paper says: a dataclass per paper, every field with its label and an example
    blueprints  the papers the portal ships: contents and a Word template in the layout of GB/T 9704-2012
    registry    which documents can be drafted on which records (`@document`), filled by the rooms above
    numbers     发文字号 from pools, without gaps or doubles
    templates   versions of the Word templates; a bureau may upload its own
    services    draft, revise, issue, deliver, see, acknowledge

A paper has one template, the Word one. Its PDF is drawn from the finished Word file (`markup`, `press`), so
that the two can never say different things, and a bureau that changes its template changes both.
"""
