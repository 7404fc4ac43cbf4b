using Hydra.Storage;

namespace Hydra.Engine.Replay;

/// <content>Calls that end without an outcome: cancelled, timed out, or withdrawn by the code itself.</content>
internal sealed partial class TurnLoop
{
    private void EndOutstanding(EntryKind kind)
    {
        var token = CancellationToken;
        OperationCanceledException reason = kind == EntryKind.Timeout
            ? new WorkflowTimedOutException(token)
            : new OperationCanceledException("The execution was cancelled.", token);
        try
        {
            _cancellation!.Cancel();
        }
        catch (AggregateException e) // Thrown by callbacks that the workflow's code has registered.
        {
            _host.ReportViolation($"A callback on the workflow's cancellation token failed: {e.InnerException}");
        }

        foreach (var call in _calls.Outstanding.ToArray())
        {
            _calls.Remove(call);
            call.End(reason);
            if (call.Withdrawn is { } withdrawn)
            {
                _host.CancelLater(withdrawn);
            }
        }
    }

    private void Withdraw(Call call, CancellationToken token)
    {
        if (!OnScheduler)
        {
            // Thrown here, it would hit whoever fired the token: a timer, and with it the process.
            _host.ReportViolation(
                $"The token of '{call.Key}' was fired outside the workflow's own code, which no replay could repeat: "
                + "the call goes on.");
        }
        else if (!call.Done)
        {
            _calls.Remove(call);
            var withdrawn = call.Withdrawn!;
            call.End(new OperationCanceledException(token));
            _host.CancelLater(withdrawn);
        }
    }

    private bool HasDelivered(EntryKind kind) => _journal.Outcomes.Any(outcome => outcome.Kind == kind);
}
