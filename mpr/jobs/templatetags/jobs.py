from django import template

from mpr.jobs.page import share_of, stages_of

register = template.Library()
register.filter("share_of", share_of)
register.filter("stages_of", stages_of)
