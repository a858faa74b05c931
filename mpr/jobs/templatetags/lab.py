from django import template

from profiles.fields import words

register = template.Library()
register.filter("words", words)
