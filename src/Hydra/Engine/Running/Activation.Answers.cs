using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <content>What goes to the pipeline, and what comes back.</content>
internal sealed partial class Activation
{
    private bool _settlementSent;

    private void Submit()
    {
        if (_ended || _settlementSent || (_loop.NewEntries.Count == 0 && _newTries.Count == 0 && _settlement is null))
        {
            return;
        }

        _settlementSent = _settlement is not null;
        var entries = _loop.NewEntries.ToArray();
        Send(new AdvanceOperation
        {
            Id = Id,
            Epoch = Epoch,
            Entries = entries,
            Tries = _newTries.Count == 0 ? [] : _newTries.ToArray(),
            Settlement = _settlement,
            Delivered = Array.Exists(entries, static entry => entry.Kind == EntryKind.Cancellation)
                ? ExecutionRequests.Cancel
                : ExecutionRequests.None,
        });
        _loop.NewEntries.Clear();
        ClearTries();
    }

    private void Send(AdvanceOperation operation)
    {
        var subject = _journal.Input.Subject;
        var pending = new PendingAdvance(this, subject is null ? operation : operation with { Subject = subject });
        _inFlight.Add(pending);
        _shared.Pipeline.Submit(pending, _shared.Session);
    }

    private void TakeAnswer(PendingAdvance pending)
    {
        _inFlight.Remove(pending);
        if (_ended || pending.IsWithdrawn)
        {
            return;
        }

        if (_refused is not null)
        {
            TakeLater(pending);
            return;
        }

        if (pending.Error is { } error)
        {
            TakeRefusal(pending.Advance, error);
            return;
        }

        if (pending.Answer.Kind == AnswerKind.Fenced)
        {
            _shared.Log.Fenced(Id, _row.Workflow);
            End(null);
            return;
        }

        TakeApplied(pending);
        SendNextPiece();
    }

    private void TakeApplied(PendingAdvance pending)
    {
        var advance = pending.Advance;
        if (advance.Entries.Count > 0)
        {
            _loop.DurableSeq = advance.Entries[^1].Seq;
        }

        foreach (var stepTry in advance.Tries)
        {
            if (_loop.Calls.Find(stepTry.Key) is StepCall step)
            {
                step.FailureInFlight &= stepTry.Phase != TryPhase.Failed;
                step.BeginInFlight &= !stepTry.Phase.SaysBegun();
            }
        }

        if (advance.Settlement is null || pending.Answer.Kind == AnswerKind.Continue)
        {
            if (advance.Settlement is not null)
            {
                _settlement = null;
                _settlementSent = false;
                _refusal = Refusal.None;
            }

            TakeMail(pending.Answer.Mail, pending.Answer.Requests);
        }
        else
        {
            Settled(advance, pending.Answer);
        }
    }

    private void Settled(AdvanceOperation advance, in OperationAnswer answer)
    {
        Instant? dueAgain = null;
        EndedExecution? ended = null;
        switch (advance.Settlement)
        {
            case Settlement.Finished finished:
                ended = new EndedExecution(finished.State, advance.Entries[^1].Output);
                break;
            case Settlement.Suspended suspended:
                _shared.Cache.Put(Id, _journal.Entries, _journal.Bytes);
                dueAgain = _row.Deadline is { } deadline && !_timeoutFired
                    ? Instant.Min(suspended.WakeAt, deadline)
                    : suspended.WakeAt;
                break;
            case Settlement.Retry retry:
                _shared.Cache.Put(Id, _journal.Entries, _journal.Bytes);
                dueAgain = answer.Requests == ExecutionRequests.None
                    ? _shared.Clock.Now.Plus(retry.Delay)
                    : _shared.Clock.Now;
                break;
        }

        _shared.Log.Settled(Id, _row.Workflow, ended?.State.ToString() ?? advance.Settlement!.GetType().Name);
        if (ended?.State is ExecutionState.Cancelled or ExecutionState.TimedOut)
        {
            _shared.Log.Ended(Id, _row.Workflow, ended.State);
        }

        End(dueAgain, ended, advance);
    }
}
