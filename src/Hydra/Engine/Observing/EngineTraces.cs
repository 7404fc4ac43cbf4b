using System.Diagnostics;
using Hydra.Storage;

namespace Hydra.Engine.Observing;

/// <summary>The spans of the source "Hydra": starts, what runs of executions, tries of steps.</summary>
/// <remarks>
/// They name workflows, steps, ids and types of exceptions; no payload, no idempotency key and no message is in them.
/// Who listens is the user's code: when it fails there is no span, and nothing else follows.
/// </remarks>
internal static class EngineTraces
{
    private static readonly ActivitySource Source = new(
        EngineInstruments.Name, typeof(EngineTraces).Assembly.GetName().Version?.ToString(3));

    /// <summary>A client starts an execution; the span is current until it is disposed of.</summary>
    public static Activity? Start(string @namespace, string workflow, ExecutionId id) =>
        Source.HasListeners() ? BeginStart(@namespace, workflow, id) : null;

    /// <summary>A start has been answered, perhaps by an execution that was there already.</summary>
    public static void EndStart(Activity? span, ExecutionId wanted, ExecutionId started)
    {
        if (span is not null)
        {
            span.SetTag("hydra.execution.id", started.ToString());
            End(span, started == wanted ? "started" : "existing", errorType: null);
        }
    }

    /// <summary>
    /// An execution runs in this process from now on. What a start led to has it as its parent; all that comes after a
    /// suspension, a failure or a takeover is a new root, with a link to the start.
    /// </summary>
    public static Activity? Run(
        string @namespace, string worker, ExecutionRow row, JournalEntry input, int attempt) =>
        Source.HasListeners() ? BeginRun(@namespace, worker, row, input, attempt) : null;

    /// <summary>A step's body begins, within what runs of its execution; the span is current for the body.</summary>
    public static Activity? Step(Activity? run, string name, StepContext step) =>
        run is null ? null : BeginStep(run, name, step);

    /// <summary>Ends a span.</summary>
    /// <param name="span">The span; null for none.</param>
    /// <param name="outcome">What came of it.</param>
    /// <param name="errorType">The type of what went wrong; null when nothing did.</param>
    public static void End(Activity? span, string outcome, string? errorType)
    {
        if (span is null)
        {
            return;
        }

        try
        {
            span.SetTag("hydra.outcome", outcome);
            if (errorType is not null)
            {
                span.SetTag("error.type", errorType).SetStatus(ActivityStatusCode.Error);
            }

            span.Stop();
        }
        catch (Exception) // A listener's own.
        {
        }
    }

    /// <summary>Ends a span of something that did not happen after all, so that nobody exports it.</summary>
    public static void Drop(Activity? span)
    {
        if (span is not null)
        {
            span.IsAllDataRequested = false;
            span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            End(span, "none", errorType: null);
        }
    }

    // Apart from what asks whether anybody listens, because a closure is made where its method begins.
    private static Activity? BeginStart(string @namespace, string workflow, ExecutionId id) =>
        Begin(() => Source.StartActivity(
            $"start {workflow}",
            ActivityKind.Producer,
            default(ActivityContext),
            [
                new("hydra.namespace", @namespace),
                new("hydra.workflow", workflow),
                new("hydra.execution.id", id.ToString()),
            ]));

    private static Activity? BeginRun(
        string @namespace, string worker, ExecutionRow row, JournalEntry input, int attempt)
    {
        var start = TraceContext.Read(input.Key);
        var isFirst = start is not null && row.Epoch == 1;
        var before = Activity.Current;
        Activity.Current = null; // Whose thread this is plays no part.
        try
        {
            return Begin(() => Source.StartActivity(
                $"run {row.Workflow}",
                ActivityKind.Consumer,
                isFirst ? start!.Value : default,
                [
                    new("hydra.namespace", @namespace),
                    new("hydra.workflow", row.Workflow),
                    new("hydra.execution.id", row.Id.ToString()),
                    new("hydra.attempt", attempt),
                    new("hydra.epoch", row.Epoch),
                    new("hydra.worker", worker),
                ],
                start is { } linked && !isFirst ? [new ActivityLink(linked)] : null));
        }
        finally
        {
            Activity.Current = before;
        }
    }

    private static Activity? BeginStep(Activity run, string name, StepContext step) =>
        Begin(() => Source.StartActivity(
            $"step {name}",
            ActivityKind.Internal,
            run.Context,
            [
                new("hydra.step", name),
                new("hydra.step.key", step.StepKey),
                new("hydra.step.attempt", step.Attempt),
                new("hydra.execution.id", step.ExecutionId.ToString()),
            ]));

    private static Activity? Begin(Func<Activity?> begin)
    {
        try
        {
            return begin();
        }
        catch (Exception) // A sampler's or listener's own.
        {
            return null;
        }
    }
}
