from django.urls import path

from mpr.jobs.api import checkpoints, control, jobs, replays, timelines
from mpr.jobs.live import sse

urlpatterns = [
    path("pause", control.Pause.as_view(), name="api-pause"),
    path("resume", control.Resume.as_view(), name="api-resume"),
    path("step", control.Step.as_view(), name="api-step"),
    path("stop", control.Stop.as_view(), name="api-stop"),
    path("retry", control.Retry.as_view(), name="api-retry"),
    path("pause-after-stage", control.PauseAfterStage.as_view(), name="api-pause-after-stage"),
    path("clear", control.Clear.as_view(), name="api-clear"),
    path("replay", replays.Replay.as_view(), name="api-replay"),
    path("replay-stage", replays.ReplayStage.as_view(), name="api-replay-stage"),
    path("scenarios", replays.Scenarios.as_view(), name="api-scenarios"),
    path("status", jobs.Status.as_view(), name="api-status"),
    path("stream/<uuid:job_id>", sse.Stream.as_view(), name="api-stream"),
    path("jobs", jobs.Jobs.as_view(), name="api-jobs"),
    path("jobs/<uuid:job_id>", jobs.JobDetail.as_view(), name="api-job"),
    path("sources/<uuid:job_id>/chunks", jobs.SourceChunks.as_view(), name="api-chunks"),
    path("timeline", timelines.Timelines.as_view(), name="api-timelines"),
    path("timeline/<uuid:timeline_id>", timelines.TimelineDetail.as_view(), name="api-timeline"),
    path("timeline/<uuid:timeline_id>/cache", timelines.TimelineCache.as_view(), name="api-timeline-cache"),
    path("checkpoints/<uuid:timeline_id>", checkpoints.Checkpoints.as_view(), name="api-checkpoints"),
    path(
        "checkpoints/<uuid:timeline_id>/<slug:stage>",
        checkpoints.StageCheckpoints.as_view(),
        name="api-stage-checkpoints",
    ),
]
