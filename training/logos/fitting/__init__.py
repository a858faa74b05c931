"""How the rule's numbers, by which evidence for a brand adds up, are learnt once the networks are trained."""
