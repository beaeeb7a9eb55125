from .camp import Camp, CampNeighbour, Evacuation
from .clauses import SiteClause, SiteFinding
from .danger import Grade, HiddenDanger, Source, Span
from .draw import Inspector, RandomDraw, Recusal
from .emergency import (
    Drill,
    DutyShift,
    EmergencyMaterial,
    EmergencyPlan,
    WeatherAnswer,
    WeatherCheck,
    WeatherWarning,
)
from .equipment import DeviceCertificate, Machine, WorkerCertificate
from .fee import FeeAccount, FeeMonth, FeeTerm
from .fee_entry import FeeEntry, FeeSubcontract, FeeVoucher
from .fee_plan import FeePlan, FeePlanLine
from .fee_watch import FeeQuestion, TenderFeeCheck
from .hazard import Hazard, HazardSpan, HazardTrigger
from .incident import (
    Incident,
    IncidentClock,
    IncidentMeasure,
    IncidentReport,
    NearMiss,
    ReportingFault,
)
from .inspection import (
    Finding,
    InspectionPlan,
    InspectionTask,
    Visit,
    VisitItem,
)
from .ladder import SisterCheck, SupervisionStep
from .pipeline import Neighbour, NeighbourReading, Pipeline
from .report import PublicReport
from .series import FigureSeries, SeriesValue
from .service_body import (
    ServiceAssessment,
    ServiceBody,
    ServiceJob,
    ServiceListing,
    ServicePledge,
    ServiceWarning,
)
from .signing import VisitCorrection, VisitSignature
from .training import SafetyActivity, Training
from .works import DangerousWork, FirstFacility, TemporaryFacility

__all__ = [
    "FigureSeries",
    "SeriesValue",
    "ServiceAssessment",
    "ServiceBody",
    "ServiceJob",
    "ServiceListing",
    "ServicePledge",
    "ServiceWarning",
    "Camp",
    "CampNeighbour",
    "DangerousWork",
    "DeviceCertificate",
    "Drill",
    "DutyShift",
    "EmergencyMaterial",
    "EmergencyPlan",
    "Evacuation",
    "FeeAccount",
    "FeeEntry",
    "FeeMonth",
    "FeePlan",
    "FeePlanLine",
    "FeeQuestion",
    "FeeSubcontract",
    "FeeTerm",
    "FeeVoucher",
    "Finding",
    "FirstFacility",
    "Grade",
    "Hazard",
    "HazardSpan",
    "HazardTrigger",
    "HiddenDanger",
    "Incident",
    "IncidentClock",
    "IncidentMeasure",
    "IncidentReport",
    "InspectionPlan",
    "InspectionTask",
    "Inspector",
    "Machine",
    "NearMiss",
    "Neighbour",
    "NeighbourReading",
    "Pipeline",
    "PublicReport",
    "RandomDraw",
    "Recusal",
    "ReportingFault",
    "SafetyActivity",
    "SisterCheck",
    "SiteClause",
    "SiteFinding",
    "Source",
    "Span",
    "SupervisionStep",
    "TemporaryFacility",
    "TenderFeeCheck",
    "Training",
    "Visit",
    "VisitCorrection",
    "VisitItem",
    "VisitSignature",
    "WeatherAnswer",
    "WeatherCheck",
    "WeatherWarning",
    "WorkerCertificate",
]
