from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from detection.matching.lexicon import Lexicon
from detection.matching.rules import Rules
from detection.matching.search import find_all
from detection.records import BrandName

Named = Callable[..., list[str]]

# fmt: off
BRANDS = [
    "Adidas", "Aldi", "Allianz", "Amazon", "American Express", "Apple", "Aramco", "Asics", "Aston Martin",
    "AT&T", "Audi", "AXA", "Bank of America", "Barclays", "BBVA", "Beko", "Bet365", "Betway", "Binance", "BMW",
    "Boeing", "Booking.com", "Bosch", "BP", "Bridgestone", "Budweiser", "Bwin", "BYD", "Cadbury", "Canon",
    "Carlsberg", "Carrefour", "Castrol", "Chevrolet", "Cisco", "Citi", "Citroën", "Coca-Cola", "Continental",
    "Corona", "Crypto.com", "Cupra", "Dacia", "Danone", "Dell", "Delta", "Deutsche Bank", "DHL", "Disney",
    "Dove", "Ducati", "Dunlop", "EA Sports", "eBay", "Emirates", "Eni", "E.ON", "Ericsson", "Esso", "Etihad",
    "Expedia", "Fanta", "FedEx", "Ferrari", "Fiat", "Ford", "Gatorade", "Gazprom", "Generali", "Gillette",
    "Goodyear", "Google", "Guinness", "H&M", "Haier", "Hankook", "Heineken", "Hisense", "Honda", "Honor", "HP",
    "HSBC", "Huawei", "Hublot", "Hugo Boss", "Hummel", "Hyundai", "Iberia", "IBM", "IKEA", "ING", "Intel",
    "Jaguar", "Jeep", "Joma", "Kappa", "KFC", "Kia", "Klarna", "Konami", "Lacoste", "Land Rover", "Lay's",
    "Lenovo", "Lexus", "LG", "Lidl", "Li-Ning", "Longines", "Lotto", "Lufthansa", "Macron", "Mango",
    "Mastercard", "Mazda", "McDonald's", "Mercedes-Benz", "Michelin", "Microsoft", "Mini", "Mitsubishi",
    "Monster Energy", "Monzo", "Motorola", "Nestlé", "Netflix", "New Balance", "Nike", "Nissan", "Nivea",
    "Nokia", "O2", "Omega", "OPPO", "Oracle", "Orange", "Panasonic", "PayPal", "Pepsi", "Petronas", "Peugeot",
    "Philips", "Pirelli", "PlayStation", "Porsche", "Powerade", "Puma", "Qatar Airways", "Rakuten", "Red Bull",
    "Reebok", "Renault", "Repsol", "Revolut", "Rolex", "Ryanair", "Salesforce", "Samsung", "Santander", "SAP",
    "Seat", "Sega", "Sharp", "Shell", "Siemens", "Skoda", "Sky", "Snickers", "Sony", "Spotify", "Sprite",
    "Starbucks", "Stella Artois", "Subaru", "Subway", "Suzuki", "TAG Heuer", "TCL", "Tesco", "Tesla", "TikTok",
    "TIM", "Tissot", "T-Mobile", "Toshiba", "Total", "Toyota", "Turkish Airlines", "Uber", "UBS", "Umbro",
    "Under Armour", "UPS", "Verizon", "Victor", "Visa", "Vivo", "Vodafone", "Volkswagen", "Volvo", "Wilson",
    "Xbox", "Xiaomi", "Yamaha", "Yokohama", "Yonex", "Zalando", "Zurich",
]
# Words that live near brand names: a letter more, less or other, or the name's letters within.
NEIGHBOUR_WORDS = """
    audience audio auditor caudillo overt uberous tuber exuberant huber michelle shelter nutshell bombshell seashell
    shelf spell smell swell shelled unshell victory victoria victorious vector intelligent intellect inter until
    inlet intelligence monza mono monzon revolt revolution revolve revolver general generation generously generals
    castle castrato binary finance refinance finances rolls relax nexus plexus lexis flexus subways submarine
    tesselate testa tests tessa bench boschetto busch totally totem subtotal anecdotal teetotal orangery arrange
    deltoid sharpen sharper seats seating seated sears minim minimum miniature omegas manga mangos mangle horror
    honorary honored apples pineapple appeal oracles miracle canons cannon canyon hondas fondant fords afford fiord
    fjord flat fiats layer dover doves clover sonya sonny persona visage visas advisable vivid revive survivor
    skiing skis time times team timber upset cups pups groups king ringing sing singing visit skyline skies
    husky riskier dells modeller delldust seatbelt segment sapling saps disapprove citing cities felicity bpm
    bps algae php hmm ohm gap nap map zap spam lido lidos aldine baldi caldina geraldine alder noise nikel nice pike
    bike hike wilsons wilton nissen missan toyed mazdas marco esson essay lessor assess opposite oppose
    opportunity supposed boss bosses hugos haired hair chair maier hairier yonder xbow inbox sonic supersonic
    panache emigrates emirate pirates operates separates rates gates delegates states ates rebook notebook textbook
    brook volcano solvo velvet hummed hammer humble camel trumpet umber lumber number embrace kapok kappas slap
    pepsin peppers steps tips stipsi sprites spirit write bright coronal coronation macro macaroni michel mickey
    philip phillip gilded gillett dunes dunlin philosopher jeeps deep sleep jomas diploma aroma renal vault default
    zoom zurück fantasy fantastic infant aspirin
"""
# fmt: on


@pytest.mark.parametrize(
    ("text", "brand"),
    [
        ("HEINEKEN", "Heineken"),
        ("© Lufthansa", "Lufthansa"),
        ("COCA COLA", "Coca-Cola"),
        ("coca-cola®", "Coca-Cola"),
        ("CITROEN", "Citroën"),
        ("ŠKODA", "Skoda"),
        ("VOLK5WAGEN", "Volkswagen"),
        ("PANA50NIC", "Panasonic"),
        ("Hurnmel", None),
        ("MICHEL1N", "Michelin"),
        ("BOOKING.C0M", "Booking.com"),
        ("Lufthnnsa", "Lufthansa"),
        ("FLYEMIRATES", "Emirates"),
        ("Fly Emirates", "Emirates"),
        ("FlyAudi", None),
        ("HSBC BWF", "HSBC"),
        ("H5BC", "HSBC"),
        ("8MW", "BMW"),
        ("REDBULL", "Red Bull"),
        ("REDBULLREDBULL", "Red Bull"),
        ("HANKOOKHANKOOK", "Hankook"),
        ("HANKOOKHANKO", "Hankook"),
        ("YONEXYONEXYONEX", "Yonex"),
        ("DHLDHLDHL", "DHL"),
        ("DHL DHL DHL", "DHL"),
        ("Emirates FLY BETTER", "Emirates"),
        ("E M I R A T E S", "Emirates"),
        ("bet365", "Bet365"),
        ("EMIRATES 23:02", "Emirates"),
        ("H&M", "H&M"),
        ("LG", "LG"),
        ("e-on", "E.ON"),
    ],
)
def test_reading_names(named: Named, text: str, brand: str | None) -> None:
    assert named(text, *BRANDS) == ([brand] if brand else [])


@pytest.mark.parametrize(
    "text",
    [
        "über", "uberous", "UBR", "audience", "Michelle", "AUDIENCE", "HM", "L6", "lgx", "10:15", "12:34", "2-1",
        "PIO 1-0 TCI", "Tim Cook speaks today", "the and downs of the season", "visit us soon for more",
        "a long line of the ticker that ends with the word shell", "45+2", "90'", "KIAX", "FORDS", "1015", "",
    ],
)  # fmt: skip
def test_reading_names_nothing(named: Named, text: str) -> None:
    assert named(text, *BRANDS) == []


def test_neighbouring_words_name_nothing() -> None:
    words = NEIGHBOUR_WORDS.split()
    lexicon = Lexicon([BrandName(name=name, aliases=[]) for name in BRANDS], Rules())
    found = find_all([*words, *(word.upper() for word in words)], lexicon)
    wrong = {text: one.spelling.brand for text, ones in found.items() for one in ones}
    assert wrong == {}


def test_words_put_together_at_random_name_nothing() -> None:
    """Scraps as readers make them: words of common syllables, parts of words, letters and digits."""
    draw = random.Random(7)
    syllables = [a + b for a in "bcdfglmnprstv" for b in ("a", "e", "i", "o", "an", "er", "on")]
    lexicon = Lexicon([BrandName(name=name, aliases=[]) for name in BRANDS], Rules())
    names = {spelling.letters for spelling in lexicon.spellings}
    scraps = {"".join(draw.choices(syllables, k=draw.randint(1, 4))) for _ in range(6000)}
    scraps |= {"".join(draw.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=draw.randint(2, 9))) for _ in range(6000)}
    scraps -= names
    found = find_all(scraps, lexicon)
    wrong = sorted(text for text, ones in found.items() if ones)
    assert len(wrong) <= len(scraps) / 2000, wrong


def test_every_brand_is_found_with_one_look_alike_in_it() -> None:
    alike = {"o": "0", "i": "1", "l": "1", "s": "5", "b": "8", "z": "2"}
    lexicon = Lexicon([BrandName(name=name, aliases=[]) for name in BRANDS], Rules())
    cases = [
        (name[:place] + alike[letter] + name[place + 1 :], name)
        for name in BRANDS
        for place, letter in enumerate(name.lower())
        if letter in alike and sum(map(str.isalpha, name)) >= 3
    ]
    found = find_all([text for text, _ in cases], lexicon)
    missed = [text for text, name in cases if [one.spelling.brand for one in found[text]] != [name]]
    assert len(cases) > 150
    assert len(missed) <= len(cases) / 100, missed


def test_alias_gives_the_brand(named: Named) -> None:
    assert named("HELIOCARE", "Heliocare 360=Heliocare") == ["Heliocare 360"]


def test_longer_brand_wins_over_the_shorter_inside(named: Named) -> None:
    assert named("SANTANDER BANK", "Santander", "Santander Bank") == ["Santander Bank"]
    assert named("SANTANDER", "Santander", "Santander Bank") == ["Santander"]


def test_better_read_brand_wins(named: Named) -> None:
    assert named("CASTELLI", "Castello", "Castelli") == ["Castelli"]


def test_two_brands_in_one_reading(named: Named) -> None:
    assert named("HANKOOK Heineken", "Heineken", "Hankook") == ["Hankook", "Heineken"]


def test_short_name_of_another_script(named: Named) -> None:
    assert named("索尼", "Sony=索尼") == ["Sony"]
    assert named("索尼克", "Sony=索尼") == []


def test_brand_of_digits_needs_just_those(named: Named) -> None:
    assert named("16648", "Kronenbourg=16640") == []
    assert named("KRONENBOURG 16640", "Kronenbourg=16640") == ["Kronenbourg"]


def test_accents_a_brand_has_may_be_lost(named: Named) -> None:
    assert named("Süd", "Süd") == ["Süd"]
    assert named("SUD", "Süd") == ["Süd"]


def test_shares_and_lengths_can_be_set(named: Named) -> None:
    assert named("FLYAUDI", "Audi", rules=Rules(short_letters=3, glued_letters=4, min_glued_share=0.5)) == ["Audi"]
    assert named("visit us soon", "Visit", rules=Rules(min_share=0.9)) == []


def test_no_brands_no_matches(named: Named) -> None:
    assert named("HEINEKEN") == []
