using System.Runtime.CompilerServices;
using Hydra.Memory;
using Hydra.Simulation.Programs;
using Hydra.Simulation.Worlds;
using Hydra.Storage;

namespace Hydra.Simulation.Checks;

/// <summary>
/// Looks at the database after every effect and compares it with how it was before: what must never happen is found the
/// moment it does. What can only be judged as a whole is left to <see cref="FinalCheck"/>.
/// </summary>
internal sealed class Oracle
{
    private readonly Scenario _scenario;
    private readonly SimulatedWorld _world;
    private readonly NamespaceTables _tables;
    private readonly Dictionary<ExecutionId, ShadowExecution> _byId = [];
    private readonly List<ShadowExecution> _executions = [];
    private bool _countsClaims;

    public Oracle(Scenario scenario)
    {
        _scenario = scenario;
        _world = scenario.World;
        _tables = scenario.Tables;
    }

    /// <summary>In the order of their first commits.</summary>
    public IReadOnlyList<ShadowExecution> Executions => _executions;

    public List<ClientCall> Calls { get; } = [];

    /// <summary>How many executions have not ended.</summary>
    public int Open { get; private set; }

    /// <summary>What has ended and is archived.</summary>
    public HashSet<ExecutionId> Archived { get; } = [];

    /// <summary>How many of those are deleted.</summary>
    public int Deleted { get; set; }

    public ShadowExecution? Find(ExecutionId id) => _byId.GetValueOrDefault(id);

    /// <summary>Compares the database with the last sample.</summary>
    public void Sample(SimulatedProcess process, CallKind call)
    {
        if (_tables.Ids.Count != _executions.Count - Deleted)
        {
            AddNew();
        }

        foreach (var shadow in _executions)
        {
            var stored = shadow.Stored;
            if (!ReferenceEquals(shadow.Row, stored.Row) || shadow.Entries.Count != stored.Journal.Count
                || shadow.Tries != stored.Tries.Count)
            {
                Compare(shadow, process, call);
            }
        }
    }

    /// <summary>From now on nothing goes wrong: claims need reasons.</summary>
    public void BeginCountingClaims() => _countsClaims = true;

    /// <summary>A batch has left its process.</summary>
    public void Sent(CommitBatch batch)
    {
        foreach (var operation in batch.Operations)
        {
            if (operation is AdvanceOperation { Settlement: Settlement.Finished finished })
            {
                EndsSent[operation.Id] = finished.State;
            }
        }
    }

    /// <summary>A process has heard that the database refuses for good what was about these.</summary>
    public void Refused(IEnumerable<ExecutionId> executions)
    {
        foreach (var id in executions)
        {
            _executions.Find(shadow => shadow.Id == id)?.WasRefused = true;
        }
    }

    /// <summary>The ends of executions that were sent to the database, whether or not it has them.</summary>
    public Dictionary<ExecutionId, ExecutionState> EndsSent { get; } = [];

    /// <summary>A client has heard of an end: it must be durable, now and not later.</summary>
    public void Heard(ExecutionId id, ExecutionState state)
    {
        var row = _tables.Find(id)?.Row;
        Require(row?.State == state, "S9", $"a client heard that execution {id} is {state}, but it is {row?.State}");
    }

    /// <summary>A body has begun: the world outside may have noticed it.</summary>
    public BodyRecord Begin(SimulatedProcess process, StepContext step, Payload input)
    {
        var record = new BodyRecord
        {
            Execution = step.ExecutionId,
            Key = step.StepKey,
            Attempt = step.Attempt,
            Epoch = step.Epoch,
            Process = process.Name,
            Input = input,
            Began = _world.NextOrder(),
            BeganAt = _scenario.DatabaseNow,
        };
        _world.Trace(process.Name, $"body {Short(step.ExecutionId)} {record}");
        if (Find(step.ExecutionId) is { } shadow)
        {
            shadow.Bodies.Add(record);
            Require(
                shadow.Owners.GetValueOrDefault(step.Epoch) == step.Session,
                "S4",
                $"body {record} of {step.ExecutionId} has begun under session {step.Session}, "
                    + $"which never owned it under that epoch");
        }
        else
        {
            _world.Fail($"S1: a body of execution {step.ExecutionId}, which does not exist, has begun.");
        }

        return record;
    }

    public static string Short(ExecutionId id) => id.ToString()[^6..];

    private void AddNew()
    {
        foreach (var id in _tables.Ids)
        {
            if (!_byId.ContainsKey(id))
            {
                var shadow = new ShadowExecution(_tables.Get(id));
                _byId.Add(id, shadow);
                _executions.Add(shadow);
                Open++;
            }
        }

        Require(_tables.Ids.Count == _executions.Count - Deleted, "S1", $"an execution has disappeared");
    }

    private void Compare(ShadowExecution shadow, SimulatedProcess process, CallKind call)
    {
        var stored = shadow.Stored;
        var (before, now) = (shadow.Row, stored.Row);
        Require(!shadow.IsTerminal, "S9", $"execution {now.Id} changed after its end, by {call} of {process.Name}");
        CompareEpochs(shadow, now, call);
        CompareRows(shadow, now);
        CountClaims(shadow, now);
        var firstNew = shadow.Entries.Count;
        Require(stored.Journal.Count >= firstNew, "S3", $"entries of execution {now.Id} have disappeared");
        for (var seq = firstNew; seq < stored.Journal.Count; seq++)
        {
            Take(shadow, before, stored.Journal[seq], seq);
        }

        TakeTries(shadow);
        CheckRow(shadow, now);
        if (now.State.IsTerminal())
        {
            Open--;
        }

        shadow.Row = now;
        shadow.States.Add(now.State);
        _world.Mix((ulong)now.Epoch ^ ((ulong)now.State << 32) ^ ((ulong)stored.Journal.Count << 40));
        if (_world.IsTraced)
        {
            _world.Trace(process.Name, $"{call} made {Short(now.Id)} {now.State} e{now.Epoch} owner "
                + $"{now.Owner} seq {stored.LastSeq} attempt {now.Attempt} {now.Requests} mail {now.Mail}");
        }
    }

    private void CompareEpochs(ShadowExecution shadow, ExecutionRow now, CallKind call)
    {
        if (now.Owner != SessionId.None)
        {
            shadow.Owners[now.Epoch] = now.Owner;
        }

        if (shadow.Row is not { } before)
        {
            var first = now.Owner == SessionId.None ? 0 : 1;
            Require(now.Epoch == first, "S5", $"execution {now.Id} began at epoch {now.Epoch}");
            return;
        }

        var steps = now.Epoch - before.Epoch;
        // One round takes it from the dead, quarantines it, and ends it as its time is up.
        var isTwice = steps == 2 && call == CallKind.Maintain && now.State == ExecutionState.TimedOut;
        Require(
            steps is 0 or 1 || isTwice,
            "S5",
            $"the epoch of execution {now.Id} went from {before.Epoch} to {now.Epoch}");
        var taken = now.Owner != SessionId.None && now.Owner != before.Owner;
        Require(!taken || steps == 1, "S5", $"execution {now.Id} has a new owner under its old epoch {now.Epoch}");
        Require(
            !taken || before.Owner == SessionId.None,
            "S5",
            $"execution {now.Id} was taken from {before.Owner}, which has not given it up");
        Require(now.Mail >= before.Mail, "S11", $"mail of execution {now.Id} went back");
    }

    /// <summary>What was settled when the execution was started never changes, and no request is forgotten.</summary>
    private void CompareRows(ShadowExecution shadow, ExecutionRow now)
    {
        if (shadow.Row is not { } before)
        {
            return;
        }

        Require(
            now.Workflow == before.Workflow && now.Key == before.Key && now.Deadline == before.Deadline
                && now.MaxAttempts == before.MaxAttempts && now.InputHash == before.InputHash
                && now.CreatedAt == before.CreatedAt && (before.StartedAt is null || now.StartedAt == before.StartedAt),
            "S1",
            $"execution {now.Id} is not as it was started");
        var delivered = shadow.Stored.Journal.Skip(shadow.Entries.Count)
            .Any(entry => entry.Kind == EntryKind.Cancellation);
        Require(
            before.Requests == now.Requests || now.Requests != ExecutionRequests.None || delivered
                || now.State.IsTerminal(),
            "S17",
            $"{before.Requests} was asked of execution {now.Id}, but is forgotten");
        Require(
            before.Requests == now.Requests || now.Requests == ExecutionRequests.None || now.Mail > before.Mail,
            "S11",
            $"{now.Requests} was asked of execution {now.Id}, but its mail has not moved");
    }

    /// <summary>A claim needs a reason: something new in the journal or the tries, a delivery or a crash.</summary>
    private void CountClaims(ShadowExecution shadow, ExecutionRow now)
    {
        if (!_countsClaims || shadow.Row is not { } before)
        {
            return;
        }

        shadow.ClaimsSinceHealing += now.Owner != SessionId.None && now.Owner != before.Owner ? 1 : 0;
        shadow.ReasonsSinceHealing += shadow.Stored.Journal.Count - shadow.Entries.Count
            + (shadow.Stored.Tries.Count - shadow.Tries) + (int)(now.Mail - before.Mail)
            + (now.Crashes - before.Crashes);
    }

    private void Take(ShadowExecution shadow, ExecutionRow? before, JournalEntry entry, int seq)
    {
        var id = shadow.Id;
        Require(entry.Seq == seq, "S3", $"seq {entry.Seq} of execution {id} stands at {seq}");
        if (seq == 0)
        {
            Require(entry.Kind == EntryKind.Input, "S1", $"execution {id} begins with {entry.Kind}");
        }
        else
        {
            var last = shadow.Entries[^1];
            Require(last.Kind != EntryKind.Terminal, "S9", $"execution {id} has {entry.Kind} behind its end");
            Require(entry.At >= last.At, "S10", $"seq {seq} of execution {id} is earlier than the one before");
            Require(entry.Epoch >= last.Epoch, "S5", $"seq {seq} of execution {id} is of an earlier epoch");
            var byStore = entry is { Kind: EntryKind.Terminal, Worker: "" };
            Require(
                byStore || (before is { } row && row.Owner != SessionId.None && entry.Epoch == row.Epoch),
                "S5",
                $"seq {seq} of execution {id} was written under epoch {entry.Epoch}, when it was {before?.Epoch}");
            Require(
                byStore || entry.At <= _scenario.DatabaseNow.Plus(_scenario.ClockError),
                "S10",
                $"seq {seq} of execution {id} is stamped {entry.At.ToDateTimeOffset():O}, in the future");
        }

        if (_scenario.Faults.IsOnlyLocks && entry is { Kind: EntryKind.Step, OriginSeq: 0 }
            && shadow.Bodies.Find(body => body.Key == entry.Key && body.Attempt == entry.Attempt
                && body.Epoch == entry.Epoch && body.EndedAt > 0) is { } body)
        {
            _scenario.Locks.Written(id, body);
        }

        shadow.FailedAttempts += entry.Kind == EntryKind.AttemptFailed ? 1 : 0;
        shadow.CancellationDelivered |= entry.Kind == EntryKind.Cancellation;
        shadow.Entries.Add(entry);
        shadow.CommittedAt.Add(_world.Order);
    }

    private void TakeTries(ShadowExecution shadow)
    {
        var tries = shadow.Stored.Tries;
        Require(tries.Count >= shadow.Tries, "S3", $"tries of execution {shadow.Id} have disappeared");
        if (tries.Count == shadow.Tries)
        {
            return;
        }

        foreach (var row in tries.Values)
        {
            if (row.Phase == TryPhase.Failed)
            {
                shadow.FailedTries.TryAdd((row.Key, row.Attempt), (row.Epoch, _world.Order));
            }
            else if (row.Phase == TryPhase.BegunOnce)
            {
                shadow.BegunOnce.TryAdd((row.Key, row.Attempt, row.Epoch), _world.Order);
            }
            else if (row.IsResult())
            {
                shadow.LandedAt.TryAdd(row.Key, _world.Order);
            }
        }

        shadow.Tries = tries.Count;
    }

    private void CheckRow(ShadowExecution shadow, ExecutionRow row)
    {
        var owned = row.Owner != SessionId.None;
        Require(
            owned == (row.State == ExecutionState.Running),
            "S9",
            $"execution {row.Id} is {row.State} {(owned ? "with" : "without")} an owner");
        Require(
            row.BlockedReason == BlockedReason.None
                || (row.BlockedReason == BlockedReason.Quarantined
                    && row.SoleSuspectCrashes >= _scenario.Machines[0].Options.QuarantineAfter)
                || (row.BlockedReason == BlockedReason.Mismatch
                && shadow.Stored.Refusals.All(refusal => refusal.Build == MismatchedUnder(shadow)
                    || (shadow.WasRefused && refusal.IsByStore()))),
            "S8",
            $"execution {row.Id} is blocked: {row.BlockedReason}");
        Require(
            row.Attempt == shadow.FailedAttempts + 1 && row.Attempt <= row.MaxAttempts,
            "S18",
            $"execution {row.Id} is in attempt {row.Attempt} of {row.MaxAttempts}, {shadow.FailedAttempts} failed");
        Require(
            owned || row.LastSeq == shadow.Entries.Count - 1,
            "S3",
            $"execution {row.Id} says that it ends at seq {row.LastSeq}, not {shadow.Entries.Count - 1}");
        var terminal = shadow.Entries[^1].Kind == EntryKind.Terminal;
        Require(
            terminal == row.State.IsTerminal()
                && (!terminal || shadow.Entries[^1].Failed == (row.State != ExecutionState.Completed)),
            "S9",
            $"execution {row.Id} is {row.State}, but its last entry is {shadow.Entries[^1].Kind}");
        var lost = row.State is ExecutionState.Sleeping or ExecutionState.Waiting
            && row.Requests != ExecutionRequests.None
            && !shadow.CancellationDelivered
            && row.DueAt > _scenario.DatabaseNow;
        Require(!lost, "L3", $"execution {row.Id} sleeps although {row.Requests} was asked of it");
    }

    private string? MismatchedUnder(ShadowExecution shadow)
    {
        var input = Replayer.Serializer.Read<ProgramInput>(shadow.Entries[0].Input);
        return _scenario.Programs[input.Program].MismatchedUnder;
    }

    private void Require(
        bool holds,
        string invariant,
        [InterpolatedStringHandlerArgument(nameof(holds))] ref WantedText otherwise)
    {
        if (!holds)
        {
            _world.Fail($"{invariant}: {otherwise.Take()}.");
        }
    }
}
