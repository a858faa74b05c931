from django.urls import include, path

from detection.api import audits, contracts, diff, overlays, presets, reports, run

urlpatterns = [
    path("", include("detection.api.review")),
    path("run", run.Run.as_view(), name="api-run"),
    path("jobs/<uuid:before>/diff/<uuid:after>", diff.Diff.as_view(), name="api-diff"),
    path("overlays", overlays.Overlays.as_view(), name="api-overlays"),
    path(
        "overlays/<uuid:timeline_id>/<uuid:job_id>/<slug:stage>/<int:seq>",
        overlays.OverlayPicture.as_view(),
        name="api-overlay",
    ),
    path("jobs/<uuid:job_id>/report", reports.OneReport.as_view(), name="api-report"),
    path("jobs/<uuid:job_id>/exports", reports.Exports.as_view(), name="api-exports"),
    path("jobs/<uuid:job_id>/exports/<slug:name>", reports.OneExport.as_view(), name="api-export"),
    path("presets", presets.Presets.as_view(), name="api-presets"),
    path("presets/<slug:name>", presets.OnePreset.as_view(), name="api-preset"),
    path("timeline/<uuid:timeline_id>/contract", contracts.OneContract.as_view(), name="api-contract"),
    path("jobs/<uuid:job_id>/contract", contracts.ContractCheck.as_view(), name="api-contract-check"),
    path("jobs/<uuid:job_id>/audits", audits.Audits.as_view(), name="api-audits"),
    path("audits/<uuid:audit_id>", audits.OneAudit.as_view(), name="api-audit"),
    path("audits/<uuid:audit_id>/items", audits.AuditItems.as_view(), name="api-audit-items"),
    path("audits/<uuid:audit_id>/items/<int:number>", audits.OneAuditItem.as_view(), name="api-audit-item"),
    path("audits/<uuid:audit_id>/items/<int:number>/picture", audits.AuditPicture.as_view(), name="api-audit-picture"),
]
