using System.Diagnostics;
using Hydra.Engine.Observing;
using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <content>What metrics and traces are told.</content>
internal sealed partial class Activation
{
    private readonly Activity? _span; // From the claim, or the direct start, to the end of this activation.
    private string? _failureType; // Of what the execution, or its attempt, failed with.

    /// <summary>Counts what has become durable. Called by the pipeline, also when this is over already.</summary>
    public void Count(AdvanceOperation advance, in OperationAnswer answer)
    {
        var metrics = _shared.Metrics;
        if (answer.Kind == AnswerKind.Fenced || !metrics.WatchesAdvances)
        {
            return;
        }

        var workflow = _row.Workflow;
        foreach (var entry in advance.Entries)
        {
            if (entry is { Kind: EntryKind.Sleep, OriginSeq: 0 })
            {
                metrics.Slept(workflow);
            }
        }

        if (advance.Settlement is null || answer.Kind == AnswerKind.Continue)
        {
            return;
        }

        metrics.Settled(workflow, OutcomeOf(advance.Settlement));
        switch (advance.Settlement)
        {
            case Settlement.Finished finished:
                metrics.Ended(workflow, finished.State, _row.StartedAt, advance.Entries[^1].At);
                break;
            case Settlement.Retry:
                metrics.WorkflowRetried(workflow);
                break;
        }
    }

    /// <summary>A try of a step begins.</summary>
    public BodyWatch Watch(StepCall call, StepContext context) =>
        BodyWatch.Begin(_shared.Metrics, _row.Workflow, call, context, _span);

    /// <summary>The code of the workflow belongs to the span as well, so that what it logs can be found.</summary>
    private Task<Payload> RunCode()
    {
        if (_span is null)
        {
            return CallCode();
        }

        var before = Activity.Current;
        Activity.Current = _span;
        try
        {
            return CallCode();
        }
        finally
        {
            Activity.Current = before;
        }
    }

    private void EndSpan(AdvanceOperation? advance) => EngineTraces.End(
        _span,
        advance?.Settlement switch
        {
            null => "lost",
            Settlement.Finished finished => EngineMetrics.StatusOf(finished.State),
            var settlement => OutcomeOf(settlement),
        },
        advance?.Settlement is Settlement.Finished { State: ExecutionState.Completed } ? null : _failureType);

    private static string OutcomeOf(Settlement settlement) => settlement switch
    {
        Settlement.Finished => "finished",
        Settlement.Suspended => "suspended",
        Settlement.Retry => "retry",
        Settlement.Released => "released",
        _ => "refused",
    };
}
