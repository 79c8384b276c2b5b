"""What tells people that something is wrong: ten alarms, one topic, one dashboard.

Ten, because CloudWatch gives ten alarms away; each watches one metric, which is what an alarm costs by. A function of
the API that fails has no alarm of its own: the API answers 5xx for it, and that has one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.api_stack import ApiStack
from infra.jobs_stack import JobsStack
from infra.options import Options
from infra.outputs import put_out
from infra.storage_stack import BUFFER_S, StorageStack

PERIOD = cdk.Duration.minutes(5)
LATE_DELIVERY_S = 3 * BUFFER_S


class ObservabilityStack(cdk.Stack):
    """`topic` hears of every alarm; without alarmEmail nobody is subscribed to it."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        options: Options,
        storage: StorageStack,
        jobs: JobsStack,
        api: ApiStack,
        **settings: Any,
    ) -> None:
        super().__init__(scope, name, description="Reco: alarms and a dashboard.", **settings)
        self._storage, self._jobs, self._api = storage, jobs, api
        self.topic = self._make_topic()
        if options.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(options.alarm_email))
        alarms = [*self._watch_jobs(), *self._watch_requests(), *self._watch_events()]
        self._draw(alarms)
        put_out(self, AlarmTopic=self.topic.topic_arn)

    def _make_topic(self) -> sns.Topic:
        """A topic that alarms may publish to: its policy, once it asks for TLS, replaces SNS's own, which lets them."""
        topic = sns.Topic(self, "Alarms", master_key=self._storage.key, enforce_ssl=True)
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        return topic

    def _watch_jobs(self) -> list[cloudwatch.Alarm]:
        return [
            self._alarm(
                f"{name.capitalize()}Failed",
                machine.metric_failed(period=PERIOD),
                sentence=f"An execution of the {name} machine failed.",
                remedy="The resource's failureReason says why; a caller's bad data counts too.",
            )
            for name, machine in self._jobs.machines.items()
        ]

    def _watch_requests(self) -> list[cloudwatch.Alarm]:
        api = self._api
        functions = {"Control": api.control, "Runtime": api.runtime, "Events": api.events}
        return [
            self._alarm(
                "ServerErrors",
                api.api.metric_server_error(period=PERIOD, statistic="Sum"),
                sentence="The API answered 5xx. Events it did not take were kept by their senders, who try again.",
                remedy="The access log names the route and the request, the function's log the cause.",
            ),
            *(
                self._alarm(
                    f"{name}Throttled",
                    function.metric_throttles(period=PERIOD),
                    sentence=f"Lambda turned calls of the {name.lower()} function away.",
                    remedy="The account's concurrency is used up: ask for a higher quota.",
                )
                for name, function in functions.items()
            ),
        ]

    def _watch_events(self) -> list[cloudwatch.Alarm]:
        return [
            self._alarm(
                "StreamThrottled",
                self._stream_metric("ThrottledRecords", "Sum"),
                sentence="Firehose took events in slower than they came.",
                remedy="Ask for a higher Firehose quota; until then callers try again.",
            ),
            self._alarm(
                "EventsLate",
                self._stream_metric("DeliveryToS3.DataFreshness", "Maximum"),
                sentence=f"Firehose has held events for more than {LATE_DELIVERY_S} s instead of {BUFFER_S}.",
                remedy="Its log in CloudWatch says why it cannot write to the data bucket. Nothing is lost for a day.",
                threshold=LATE_DELIVERY_S,
            ),
        ]

    def _stream_metric(self, name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/Firehose",
            metric_name=name,
            statistic=statistic,
            period=PERIOD,
            dimensions_map={"DeliveryStreamName": self._storage.event_stream.ref},
        )

    def _alarm(
        self,
        identifier: str,
        metric: cloudwatch.IMetric,
        *,
        sentence: str,
        remedy: str,
        threshold: float = 0,
    ) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            identifier,
            metric=metric,
            alarm_description=f"{sentence} {remedy}",
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        return alarm

    def _draw(self, alarms: Sequence[cloudwatch.Alarm]) -> None:
        api, storage = self._api, self._storage
        machines = list(self._jobs.machines.values())
        functions = [api.control, api.runtime, api.events, self._jobs.workflow, self._jobs.deployment, self._jobs.job]
        dashboard = cloudwatch.Dashboard(self, "Dashboard", default_interval=cdk.Duration.hours(3))
        dashboard.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=24, height=3))
        dashboard.add_widgets(
            self._graph("Requests", [api.api.metric_count(statistic="Sum")]),
            self._graph("Refused and failed", [api.api.metric_client_error(), api.api.metric_server_error()]),
            self._graph("Latency, ms", [api.api.metric_latency(statistic=s) for s in ("p50", "p99")]),
        )
        dashboard.add_widgets(
            self._graph("Function time, ms, p99", [each.metric_duration(statistic="p99") for each in functions]),
            self._graph("Function errors", [each.metric_errors() for each in functions]),
            self._graph("Function throttles", [each.metric_throttles() for each in functions]),
        )
        dashboard.add_widgets(
            self._graph("Jobs started", [machine.metric_started() for machine in machines]),
            self._graph("Jobs failed", [machine.metric_failed() for machine in machines]),
            self._graph("Job time, ms", [machine.metric_time(statistic="Maximum") for machine in machines]),
        )
        dashboard.add_widgets(
            self._graph("Events to Firehose", [self._stream_metric("IncomingRecords", "Sum")]),
            self._graph("Firehose delay, s", [self._stream_metric("DeliveryToS3.DataFreshness", "Maximum")]),
            self._graph(
                "Table reads and writes, units",
                [
                    metric
                    for table in (storage.resources, storage.events)
                    for metric in (
                        table.metric_consumed_read_capacity_units(),
                        table.metric_consumed_write_capacity_units(),
                    )
                ],
            ),
        )

    def _graph(self, title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
        return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8, height=6)
