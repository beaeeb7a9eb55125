"""The engine of the assessment standards. Everything but the last four works on plain values, without a database.

spec        a version as plain values, and what applies to whom
formula     the small language of declared formulas: text → tree
kinds       whether a formula's parts fit together, what its weights come to
running     evaluating a tree exactly, and spelling it out with figures
naming      which names a formula may use at its place
checking    what is wrong with a version, in sentences that name the place
marks       what an assessor gives an item; which of the four columns counts
results     who is scored and what comes out
scoring     marks in, results with their arithmetic out
judging     grades, conditions, vetoes, time gates
compare     two versions side by side, the same marks under another version
store       between the database and `spec`
flow        how a version travels: draft, in force, retired
workbook    between Excel and `spec`
shipped     the standards that come with the portal
"""
