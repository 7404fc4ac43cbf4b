using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <content>What to do with what the store never takes, such as text that the database has no bytes for.</content>
/// <remarks>
/// Sending it again and again would be an endless repeat. So what was refused is sent once more in pieces: the piece
/// that is refused alone is the culprit. A step's result becomes a recorded failure of that step, over which the code
/// runs again; anything else fails the execution. What cannot even be recorded as failed is left to other builds.
/// </remarks>
internal sealed partial class Activation
{
    private Refusal _refusal;
    private (AdvanceOperation Advance, StoreException Error)? _refused; // Waits for what was sent after it.
    private Queue<AdvanceOperation>? _pieces;
    private HashSet<string>? _committed; // Keys of transactional steps.

    private void TakeRefusal(AdvanceOperation advance, StoreException error)
    {
        if (error.JournalDiffers) // No value is to blame: what this ran over is not what is stored.
        {
            End(null);
            _shared.ReadAnew(this, error);
            return;
        }

        if (error.Kind != StoreErrorKind.Deterministic) // A doubt or a shutdown: the database knows more than this.
        {
            End(null);
            return;
        }

        if (_refusal == Refusal.None)
        {
            TakeBack();
            if (advance.Entries.Count > 0)
            {
                WithdrawLater(); // It leaves a gap, behind which nothing is written.
            }
            else if (_inFlight.Count > 0)
            {
                _refused = (advance, error);
                return;
            }

            _pieces = new Queue<AdvanceOperation>([.. TakeBackBegins(advance), .. Divide(advance)]);
            _refusal = Refusal.Divided;
            if (_pieces.Count > 1)
            {
                SendNextPiece();
                return;
            }
        }

        var failure = EngineJson.Write(new Failure(
            typeof(StoreException).FullName!, $"The store refused it: {error.Message}", NonRetryable: true));
        _pieces = null;
        if (_refusal == Refusal.Divided && advance.Entries is [{ Kind: EntryKind.Step, Failed: false } result]
            && !IsCommitted(result))
        {
            FailStep(result, failure);
        }
        else if (_refusal != Refusal.ExecutionFailed)
        {
            FailRefused(failure);
        }
        else
        {
            End(null);
            _shared.GiveUp(this, Failures.From(error));
        }
    }

    /// <summary>Remembers a step whose effect is committed, before its checkpoint is.</summary>
    private void NoteCommitted(StepCall step)
    {
        if (step.Transaction is not null)
        {
            (_committed ??= new HashSet<string>(StringComparer.Ordinal)).Add(step.Key);
        }
    }

    /// <summary>Whether a step must not be said to have failed, even if its checkpoint cannot be written.</summary>
    private bool IsCommitted(JournalEntry result) => _committed?.Contains(result.Key) == true;

    /// <summary>
    /// What was sent after rows of tries that were refused does not depend on them, and may be written already.
    /// </summary>
    private void TakeLater(PendingAdvance later)
    {
        if (later.Error is { Kind: not StoreErrorKind.Deterministic })
        {
            End(null);
        }
        else if (later.Error is null && later.Answer.Kind == AnswerKind.Fenced)
        {
            LoseLease();
        }
        else if (later.Error is null && later.Advance.Settlement is not null
            && later.Answer.Kind != AnswerKind.Continue)
        {
            Settled(later.Advance, later.Answer);
        }
        else
        {
            if (later.Error is null && later.Advance.Entries is [.., var last])
            {
                _loop.DurableSeq = last.Seq;
            }

            if (_inFlight.Count == 0)
            {
                var (advance, error) = _refused!.Value;
                _refused = null;
                TakeRefusal(advance, error);
            }
        }
    }

    private void WithdrawLater()
    {
        foreach (var later in _inFlight)
        {
            later.Withdraw();
        }

        _inFlight.Clear();
    }

    /// <summary>
    /// Lets go of what would come after what was refused: the code will run again over what is durable.
    /// </summary>
    private void TakeBack()
    {
        _loop.NewEntries.Clear();
        ClearTries();
        _settlement = new Settlement.Released { LastSeq = _loop.DurableSeq }; // Nothing is delivered meanwhile.
        _settlementSent = true;
    }

    /// <summary>
    /// Takes back, before anything else, what bodies were to begin beside what was refused: whether a row says so that
    /// was sent behind it is not known any more. What was refused itself is not there.
    /// </summary>
    private List<AdvanceOperation> TakeBackBegins(AdvanceOperation refused)
    {
        TakeBackBegins();
        _newTries.RemoveAll(notBegun => refused.Tries.Any(stepTry => stepTry.Key == notBegun.Key));
        List<AdvanceOperation> pieces = _newTries.Count == 0 ? [] : [Piece(tries: [.. _newTries])];
        ClearTries();
        return pieces;
    }

    /// <summary>One try or entry each, then the settlement, with the entry that belongs to it.</summary>
    private List<AdvanceOperation> Divide(AdvanceOperation advance)
    {
        var last = advance.Entries.Count == 0 ? null : advance.Entries[^1];
        var isJoined = last?.Kind is EntryKind.Terminal or EntryKind.AttemptFailed;
        var settlement = advance.Settlement
            ?? new Settlement.Released { LastSeq = last?.Seq ?? _loop.DurableSeq };
        return
        [
            .. advance.Tries
                .Where(stepTry => !IsToBegin(stepTry)) // Its body will not begin any more.
                .Select(stepTry => Piece(tries: [stepTry])),
            .. advance.Entries.SkipLast(isJoined ? 1 : 0).Select(entry => Piece(entries: [entry])),
            Piece(entries: isJoined ? [last!] : [], settlement: settlement),
        ];
    }

    private bool IsToBegin(StepTry stepTry) => stepTry.Phase == TryPhase.BegunOnce
        || (stepTry.Phase == TryPhase.Started
            && _told?.Exists(step => step.BeginInFlight && step.Key == stepTry.Key) == true);

    private AdvanceOperation Piece(
        IReadOnlyList<JournalEntry>? entries = null,
        IReadOnlyList<StepTry>? tries = null,
        Settlement? settlement = null) => new()
        {
            Id = Id,
            Epoch = Epoch,
            Entries = entries ?? [],
            Tries = tries ?? [],
            Settlement = settlement,
            Delivered = entries is [{ Kind: EntryKind.Cancellation }]
                ? ExecutionRequests.Cancel
                : ExecutionRequests.None,
        };

    private void SendNextPiece()
    {
        if (!_ended && _pieces is not null && _pieces.TryDequeue(out var piece))
        {
            Send(piece);
        }
    }

    private void FailStep(JournalEntry result, Payload failure)
    {
        _refusal = Refusal.StepFailed;
        Send(Piece(
            entries: [result with { Failed = true, Output = failure }],
            settlement: new Settlement.Released { LastSeq = result.Seq }));
    }

    private void FailRefused(Payload failure)
    {
        _refusal = Refusal.ExecutionFailed;
        var seq = _loop.DurableSeq + 1;
        Send(Piece(
            entries: [TerminalEntry(seq, failed: true, failure)],
            settlement: new Settlement.Finished(ExecutionState.Failed) { LastSeq = seq }));
    }

    /// <summary>What has been done so far about something refused.</summary>
    private enum Refusal
    {
        None,
        Divided,
        StepFailed,
        ExecutionFailed,
    }
}
