"""The Swedish texts of the half-year in `quarter.py`: what a Swedish customer and its supplier write in dossier and records."""

from __future__ import annotations

from typing import Any, Final

from models.dossier.parties import Language

_SWEDISH: Final = {
    "Operations report": "Driftrapport",
    "Acme web shop": "Acmes webbutik",
    "Acme Garden AB": "Acme Trädgård AB",
    "Web server": "Webbserver",
    "Shop application": "Butiksapplikation",
    "PostgreSQL 15": "PostgreSQL 15",
    "Card payments": "Kortbetalningar",
    "Database disk": "Databasens disk",
    "What a visitor sees": "Det en besökare ser",
    "The shop application answers": "Butiksapplikationen svarar",
    "The database answers": "Databasen svarar",
    "The page of Betalt answers": "Betalts sida svarar",
    "A visitor places an order": "En besökare lägger en beställning",
    "A visitor looks at the catalogue": "En besökare tittar i katalogen",
    "days": "dagar",
    "Days until the certificate of the shop ends": "Dagar tills butikens certifikat går ut",
    "Restore the shop's database from a nightly dump": "Återläs butikens databas från nattens dump",
    "Restore the database cluster to a moment": "Återläs databasklustret till en tidpunkt",
    "Restore the pictures of the goods": "Återläs varornas bilder",
    "Install a new release of the shop": "Installera en ny version av butiken",
    "Reload the web server's configuration": "Läs in webbserverns konfiguration på nytt",
    "Security updates of the operating system": "Säkerhetsuppdatering av operativsystemet",
    "Switch a campaign on": "Slå på en kampanj",
    "Offer invoice only until Betalt is back": "Erbjud endast faktura tills Betalt är tillbaka",
    "The web page does not answer": "Webbsidan svarar inte",
    "Card payments do not answer": "Kortbetalningar svarar inte",
    "The shop answers slowly": "Butiken svarar långsamt",
    "The shop application does not answer": "Butiksapplikationen svarar inte",
    "The order export was late": "Orderexporten var försenad",
    "The database disk is filling": "Databasens disk fylls",
    "A visitor cannot log in": "En besökare kan inte logga in",
    "A visitor cannot change a password": "En besökare kan inte byta lösenord",
    "The picture of the spring catalogue is missing": "Vårkatalogens bild saknas",
    "The database does not answer": "Databasen svarar inte",
    "The certificate of the shop ends soon": "Butikens certifikat går snart ut",
    "Install release 26.5 of the shop": "Installera version 26.5 av butiken",
    "Install release 26.7 of the shop": "Installera version 26.7 av butiken",
    "Install release 26.9 of the shop": "Installera version 26.9 av butiken",
    "Install release 26.9.1 of the shop": "Installera version 26.9.1 av butiken",
    "Install release 26.10 of the shop": "Installera version 26.10 av butiken",
    "Remove the job that archives logs twice": "Ta bort jobbet som arkiverar loggar två gånger",
    "Lower the threshold of the database disk": "Sänk larmgränsen för databasens disk",
    "Renew the certificate of the shop": "Förnya butikens certifikat",
    "Drill": "Prov",
    (
        "The restore target of the incident on 18 August was missed because the first remedy did not help: the disk was full "
        "of log archives of an old job.\nThe job is gone since 19 August, and since 25 August the threshold of the disk raises "
        "an alarm earlier."
    ): (
        "Målet för återställning missades den 18 augusti, eftersom den första åtgärden inte hjälpte: disken var full av "
        "loggarkiv från ett gammalt jobb.\nJobbet är borttaget sedan den 19 augusti, och sedan den 25 augusti larmar diskens "
        "gräns tidigare."
    ),
}


def in_language(value: Any, language: Language) -> Any:
    """Return a text, or all texts in plain data, in a language; texts without a translation stay as they are."""
    if language is Language.ENGLISH:
        return value
    if isinstance(value, dict):
        return {key: in_language(child, language) for key, child in value.items()}
    if isinstance(value, list):
        return [in_language(child, language) for child in value]
    return _SWEDISH.get(value, value) if isinstance(value, str) else value
