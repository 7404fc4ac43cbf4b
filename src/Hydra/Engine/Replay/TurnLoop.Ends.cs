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
        var outstanding = _calls.Outstanding.ToArray(); // What a callback on the token calls is not among them.
        FireToken();
        foreach (var call in outstanding)
        {
            if (call.Done)
            {
                continue; // Withdrawn by a callback.
            }

            _calls.Remove(call);
            End(call, reason);
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
            End(call, new OperationCanceledException(token));
            _host.CancelLater(withdrawn);
        }
    }

    /// <summary>Ends a call, by the code itself or in a turn. What follows runs on the scheduler.</summary>
    private void End(Call call, OperationCanceledException reason)
    {
        var (context, firing) = (Current, _firing);
        SetSynchronizationContext(null);
        _firing = false;
        try
        {
            call.End(reason);
        }
        finally
        {
            _firing = firing;
            SetSynchronizationContext(context);
        }
    }

    private bool HasDelivered(EntryKind kind) => _journal.Outcomes.Any(outcome => outcome.Kind == kind);
}
