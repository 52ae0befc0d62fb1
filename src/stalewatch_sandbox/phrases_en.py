"""English names and sentences."""

from __future__ import annotations

from typing import Final

from stalewatch_sandbox.phrases import Phrases

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ENGLISH: Final = Phrases(
    families=(
        ("Clarke", "clarke"), ("Bennett", "bennett"), ("Okafor", "okafor"), ("Novak", "novak"),
        ("Lindqvist", "lindqvist"),
        ("Moreau", "moreau"), ("Patel", "patel"), ("Nguyen", "nguyen"), ("Fischer", "fischer"), ("Rossi", "rossi"),
        ("Hughes", "hughes"), ("Silva", "silva"), ("Tan", "tan"), ("Kaur", "kaur"), ("Walsh", "walsh"),
        ("Ibrahim", "ibrahim"), ("Jensen", "jensen"), ("Murphy", "murphy"), ("Garcia", "garcia"), ("Cohen", "cohen"),
        ("Andersson", "andersson"), ("Reid", "reid"), ("Costa", "costa"), ("Lim", "lim"), ("Weber", "weber"),
        ("Sharma", "sharma"), ("Dubois", "dubois"), ("Foster", "foster"), ("Haddad", "haddad"), ("Price", "price"),
    ),
    givens=(
        ("Emma", "emma"), ("Daniel", "daniel"), ("Amara", "amara"), ("Lucas", "lucas"), ("Sofia", "sofia"),
        ("Noah", "noah"), ("Priya", "priya"), ("Oliver", "oliver"), ("Hannah", "hannah"), ("Marco", "marco"),
        ("Grace", "grace"), ("Samuel", "samuel"), ("Elena", "elena"), ("Adam", "adam"), ("Chloe", "chloe"),
        ("Omar", "omar"), ("Ingrid", "ingrid"), ("Peter", "peter"), ("Laura", "laura"), ("David", "david"),
        ("Wei", "wei"), ("Maya", "maya"), ("Tom", "tom"), ("Nadia", "nadia"),
    ),
    person=lambda family, given: f"{given} {family}",
    firsts=(
        ("Northgate", "northgate"), ("Bluefern", "bluefern"), ("Harrowby", "harrowby"),
        ("Silverbrook", "silverbrook"),
        ("Larkfield", "larkfield"), ("Oakmere", "oakmere"), ("Tidewell", "tidewell"), ("Stonebridge", "stonebridge"),
        ("Fairhaven", "fairhaven"), ("Kestrel Bay", "kestrelbay"), ("Willowmark", "willowmark"),
        ("Ashdown", "ashdown"),
        ("Brightwater", "brightwater"), ("Copperhill", "copperhill"), ("Greyfriars", "greyfriars"),
        ("Juniper", "juniper"),
        ("Marlowe", "marlowe"), ("Pinecrest", "pinecrest"), ("Redfield", "redfield"), ("Seabourne", "seabourne"),
        ("Thornbury", "thornbury"), ("Westlake", "westlake"), ("Yarrow", "yarrow"), ("Elmstead", "elmstead"),
    ),
    trades=(
        ("Foods", "foods"), ("Logistics", "logistics"), ("Pharma", "pharma"), ("Precision", "precision"),
        ("Electric", "electric"), ("Construction", "construction"), ("Chemicals", "chemicals"), ("Rail", "rail"),
        ("Trading", "trading"), ("Print Works", "print"), ("Estates", "estates"), ("Insurance", "insurance"),
        ("Components", "components"), ("Textiles", "textiles"), ("Beverages", "beverages"), ("Medical", "medical"),
        ("Energy", "energy"), ("Telecom", "telecom"),
    ),
    regions=(
        ("North", "north"), ("South", "south"), ("East", "east"), ("West", "west"), ("Nordics", "nordics"),
        ("Iberia", "iberia"), ("Pacific", "pacific"), ("Central", "central"), ("Alpine", "alpine"),
        ("Coastal", "coastal"),
    ),
    company=lambda first, trade: f"{first} {trade}",
    deal=lambda company, project: f"{company} – {project}",
    day=lambda day: f"{day.day} {_MONTHS[day.month - 1]}",
    projects=(
        "core system renewal", "sales cloud rollout", "expense automation", "service desk consolidation",
        "factory IoT platform", "analytics platform", "e-signature rollout", "inventory modernisation", "HR system",
        "sales enablement pilot", "workflow automation", "security monitoring", "group accounting",
        "demand forecasting",
        "contact centre renewal",
    ),
    renewals=(
        "annual maintenance renewal", "licence renewal", "support contract renewal", "cloud subscription renewal",
    ),
    titles=(
        "IT Manager", "Head of Strategy", "Director of Operations", "Procurement Lead", "Finance Manager",
        "Sales Operations Lead", "Chief Financial Officer", "Plant Manager", "Office Manager", "Head of Digital",
        "Internal Audit Manager", "Systems Analyst",
    ),
    partners=("Southwind Systems", "Wren Technology", "Greenleaf Solutions", "Waymark Consulting"),
    sources=("trade fair", "website enquiry", "customer referral", "webinar", "partner referral"),
    next_steps={
        "qualification": ("Get dates for a first meeting by {day}", "Call on {day} to hear how they work today"),
        "first_meeting": ("Prepare the introduction for {day}", "Confirm who joins on {day}"),
        "discovery": (
            "Share the map of today's process by {day}", "Agree on priorities on {day}",
            "Draft the benefit estimate by {day}",
        ),
        "proposal": (
            "Send the revised quote by {day}", "Walk the decision maker through the proposal on {day}",
            "Send the rollout plan by {day}",
        ),
        "evaluation": (
            "Prepare the pilot review on {day}", "Answer the evaluation sheet by {day}",
            "Q&A with the other teams on {day}",
        ),
        "approval": (
            "Send the missing page for approval by {day}", "Ask how the approval is going on {day}",
            "Send the one-page business case by {day}",
        ),
        "negotiation": (
            "Return the contract with our changes by {day}", "Discuss payment terms on {day}",
            "Final check before signing on {day}",
        ),
    },
    waiting=(
        "Write again on {day}", "Call a second contact on {day}",
        "Send a customer story on {day} and ask how things are",
    ),
    notes={
        "qualification": ("{day}: short call, heard the outline.",),
        "first_meeting": ("{day}: first visit. Heard how they work today; other teams will join next time.",),
        "discovery": (
            "{day}: went through the process. Manual reports take most of the time.",
            "{day}: agreed on priorities. They want to be ready for next year's budget.",
        ),
        "proposal": (
            "{day}: presented the proposal. Question about the cost breakdown, we follow up.",
            "{day}: checked the assumptions of the quote. Two phases are fine with them.",
        ),
        "evaluation": (
            "{day}: tried it in the pilot. Feedback from the floor is good.",
            "{day}: went through the comparison. The integration may decide it.",
        ),
        "approval": (
            "{day}: asked about the approval. It is with the head of department.",
            "{day}: answered the sponsor's questions. One more page to send.",
        ),
        "negotiation": (
            "{day}: discussed terms. Acceptance date still open.", "{day}: went through the purchase order steps.",
        ),
    },
    agendas={
        "qualification": ("Introductions and how you work today",),
        "first_meeting": ("Introductions and how you work today", "What gets in the way"),
        "discovery": ("Priorities", "Walk through the process", "Benefit estimate"),
        "proposal": ("Proposal walk-through", "Quote and rollout plan"),
        "evaluation": ("Pilot results", "Evaluation questions"),
        "approval": ("Material for the approval", "Way to the decision"),
        "negotiation": ("Contract terms", "Steps to the start"),
    },
    facts={
        "need": ("close the month faster", "one view over all sites", "less work that only one person can do"),
        "budget": ("in this year's budget", "applied for next year", "within the department's budget"),
        "timeframe": ("live this fiscal year", "switch over in April", "start within six months"),
        "pain": (
            "reports take five working days a month", "stock differences go unseen", "nobody sees open enquiries",
        ),
        "impact": (
            "about 1,200 hours of manual work a year", "lost sales of about 20 million yen a year",
            "three days to answer, and customers leave",
        ),
        "decision_process": (
            "head of department, IT, then the board", "procurement review, then the director signs",
            "manager and department head decide",
        ),
        "competitors": (
            "one local package", "building it in-house", "two global cloud vendors", "none, staying as is",
        ),
        "metrics": ("month end from five days to two", "60 % less manual work", "half the time to answer"),
        "decision_criteria": ("integration and cost", "ease of use and support", "track record and security"),
    },
    losses={
        "silent": "No reply from the customer", "budget": "No budget this year", "priority": "Priorities changed",
        "timing": "They will look at it again later", "competitor": "They chose another vendor",
        "no_decision": "They stay with what they have",
    },
)  # fmt: skip
