using System.Runtime.CompilerServices;
using Hydra.Engine;
using Hydra.Engine.Running;
using Hydra.Simulation.Programs;
using Hydra.Simulation.Worlds;
using Hydra.Storage;

namespace Hydra.Simulation.Checks;

/// <summary>
/// Judges one execution after its end: replays each of its attempts over the final journal alone, and holds everything
/// that any process ever did for it against that.
/// </summary>
internal sealed class FinalCheck(SimulatedWorld world, TimeSpan clockError, ShadowExecution shadow, Node program)
{
    private readonly List<Replayer> _attempts = []; // By the number of the attempt, less one.
    private readonly List<long> _attemptEnds = []; // The epochs under which attempts failed.

    public void Run()
    {
        var stored = shadow.Stored.Journal;
        for (var seq = 0; seq < shadow.Entries.Count; seq++)
        {
            Require(ReferenceEquals(stored[seq], shadow.Entries[seq]), "S3", $"seq {seq} has changed");
        }

        ReplayAttempts();
        if (world.Violation is not null)
        {
            return;
        }

        foreach (var issued in shadow.Issues)
        {
            CheckIssue(issued);
        }

        foreach (var body in shadow.Bodies)
        {
            CheckBody(body);
        }

        foreach (var entry in shadow.Entries)
        {
            if (entry.Kind == EntryKind.Step)
            {
                CheckStep(entry);
            }
        }

        _attempts.ForEach(CheckSleeps);
    }

    private void CheckSleeps(Replayer attempt)
    {
        foreach (var entry in attempt.Journal.Outcomes)
        {
            Require(
                entry.Kind != EntryKind.Sleep || entry.OriginSeq != 0 || entry.At >= attempt.Issued[entry.Key].Due,
                "S10",
                $"seq {entry.Seq} is a sleep that ended before it was due");
        }
    }

    private void ReplayAttempts()
    {
        for (var seq = 1; seq < shadow.Entries.Count && world.Violation is null; seq++)
        {
            var entry = shadow.Entries[seq];
            if (entry.Kind is not (EntryKind.AttemptFailed or EntryKind.Terminal))
            {
                continue;
            }

            var replayer = Replay(seq);
            if (entry.Kind == EntryKind.AttemptFailed)
            {
                _attemptEnds.Add(entry.Epoch);
                CheckAttemptEnd(entry, replayer);
            }
            else if (entry.Worker.Length > 0)
            {
                CheckEnd(entry, replayer);
            }
        }
    }

    private Replayer Replay(int count)
    {
        var replayer = new Replayer(
            shadow.Id, shadow.Row!.StartedAt ?? shadow.Row.DueAt, shadow.Entries.Take(count), program);
        replayer.Pump();
        _attempts.Add(replayer);
        Require(replayer.Loop.Mismatch is null, "S8", $"replay ends in a mismatch: {replayer.Loop.Mismatch?.Message}");
        Require(!replayer.Loop.IsReplaying, "S8", $"replay stops before the end of the journal");
        Require(replayer.Violations.Count == 0, "S8", $"replay reports: {string.Join(' ', replayer.Violations)}");
        return replayer;
    }

    private void CheckAttemptEnd(JournalEntry entry, Replayer replayer)
    {
        var recorded = EngineJson.ReadAttemptEnd(entry.Input);
        if (replayer.Loop.Code is not { IsFaulted: true } code)
        {
            Fail("S8", $"attempt {recorded.Attempt} failed, but its replay is {replayer.Loop.Code?.Status}");
            return;
        }

        var found = CarriedFailures.Find(replayer.Journal, code.Exception!.InnerException!);
        Require(
            found.TruncateAt == recorded.TruncateAt && found.Carried.SequenceEqual(recorded.Carried),
            "S8",
            $"attempt {recorded.Attempt} is cut at {recorded.TruncateAt}, its replay at {found.TruncateAt}");
    }

    /// <summary>Whether an attempt failed when the time was up, so that none followed.</summary>
    private bool IsLastInTime(JournalEntry entry, Task code, Failure failure) =>
        code.IsFaulted && entry.At >= shadow.Row!.Deadline
        && failure.Inner is [var own] && own.Message == Failures.From(Escaped(code)).Message;

    private void CheckEnd(JournalEntry entry, Replayer replayer)
    {
        var state = shadow.Row!.State;
        var failure = entry.Failed ? EngineJson.ReadFailure(entry.Output) : null;
        if (failure?.Type == "Hydra.ResultLeftBehind")
        {
            Require(
                replayer.Loop.HasLeftResultBehind || HasLandedUnlike(replayer),
                "S8",
                $"a result was said to be left behind, but is not");
            Require(
                !replayer.Loop.MayGetForeign
                    || entry.At.Since(replayer.Loop.Time) >= Activation.ForeignPatience - clockError,
                "S8",
                $"a result was said to be left behind while something foreign might still come");
            return;
        }

        if (failure?.Type == typeof(StoreException).FullName)
        {
            Require(shadow.WasRefused, "S8", $"it failed as refused by the database, which refused nothing of it");
            return; // No code led to this end.
        }

        var code = replayer.Loop.Code!;
        if (!code.IsCompleted)
        {
            Fail("S8", $"it ended as {state}, but its replay has not ended");
            return;
        }

        var agrees = state switch
        {
            ExecutionState.Completed => code.IsCompletedSuccessfully && code.Result.HasSamePlaintext(entry.Output),
            ExecutionState.Failed => code.IsFaulted && Failures.From(Escaped(code)).Message == failure!.Message,
            ExecutionState.Cancelled => Escaped(code) is OperationCanceledException and not WorkflowTimedOutException,
            ExecutionState.TimedOut =>
                Escaped(code) is OperationCanceledException || IsLastInTime(entry, code, failure!),
            _ => false,
        };
        Require(agrees, "S8", $"it ended as {state}, but its replay is {code.Status}");
    }

    private static Exception Escaped(Task code)
    {
        try
        {
            code.GetAwaiter().GetResult();
            return new InvalidOperationException("It completed.");
        }
        catch (Exception e)
        {
            return e;
        }
    }

    /// <summary>What was issued over outcomes that became durable is the same for every owner.</summary>
    private void CheckIssue(IssuedCall issued)
    {
        var attempt = AttemptOf(issued.Epoch);
        if (issued.Position > DurableUnder(issued.Epoch, attempt))
        {
            return; // Led to by outcomes that never became durable.
        }

        var replayed = _attempts[attempt].Issued.GetValueOrDefault(issued.Key);
        Require(
            replayed is not null && replayed.IsSame(issued),
            "S8",
            $"under epoch {issued.Epoch} the code issued {issued}, its replay {replayed?.ToString() ?? "does not"}");
    }

    /// <remarks>
    /// What no epoch has written the replay itself has delivered: results that landed in an attempt of which nothing
    /// became durable, because the execution was ended from outside.
    /// </remarks>
    private int DurableUnder(long epoch, int attempt) => _attempts[attempt].Journal.Outcomes
        .TakeWhile(outcome => outcome.Epoch > Replayer.Epoch && outcome.Epoch <= epoch
            && !(outcome.Epoch == epoch && IsRefused(outcome)))
        .Count();

    /// <summary>Whether the store refused what was delivered, so that a failure stands in its place.</summary>
    private static bool IsRefused(JournalEntry entry) => entry is { Kind: EntryKind.Step, Failed: true }
        && EngineJson.ReadFailure(entry.Output).Type == typeof(StoreException).FullName;

    private void CheckBody(BodyRecord body)
    {
        var attempt = AttemptOf(body.Epoch);
        var issued = _attempts[attempt].Issued.GetValueOrDefault(body.Key);
        if (issued is null || !issued.Input.HasSamePlaintext(body.Input))
        {
            Fail("S4", $"body {body} was an effect of a history that does not exist");
            return;
        }

        foreach (var entry in shadow.Entries)
        {
            var committed = shadow.CommittedAt[(int)entry.Seq];
            Require(
                entry.Kind != EntryKind.Step || entry.Key != body.Key || entry.Epoch > body.Epoch
                    || committed > body.Began || IsSuperseded(entry, attempt),
                "S4",
                $"body {body} began although its step was recorded at seq {entry.Seq} (#{committed})");
            Require(
                entry is not { Kind: EntryKind.Step, Failed: true } || entry.Key != body.Key
                    || entry.Attempt != body.Attempt || committed > body.Began || entry.Epoch > body.Epoch
                    || entry.OriginSeq != 0,
                "S18",
                $"body {body} began although its attempt was recorded as failed at seq {entry.Seq}");
        }

        var failed = shadow.FailedTries.GetValueOrDefault((body.Key, body.Attempt), (Epoch: 0, At: long.MaxValue));
        Require(
            failed.At > body.Began || failed.Epoch > body.Epoch,
            "S18",
            $"body {body} began although its attempt was recorded as failed (#{failed.At})");
        CheckOrder(body);
        if (body.AtMostOnce)
        {
            Require(
                !shadow.Bodies.Exists(other => other != body && other.Key == body.Key),
                "S6",
                $"body {body} may begin at most once, and began again");
            Require(
                shadow.BegunOnce.TryGetValue((body.Key, body.Attempt, body.Epoch), out var told) && told < body.Began,
                "S6",
                $"body {body} may begin at most once, and began before that was durable");
        }

        if (shadow.CancelledInEpoch is { } cancelled && body.Epoch > cancelled)
        {
            var position = _attempts[attempt].Journal.Outcomes.ToList().FindIndex(
                outcome => outcome.Kind is EntryKind.Cancellation);
            Require(
                position >= 0 && issued.Position > position,
                "S17",
                $"body {body} began although the execution had been cancelled in epoch {cancelled}");
        }
    }

    /// <summary>
    /// A try begins when the failure of the one before is durable, so whoever owns the execution later goes on from
    /// there, and not before its delay is over.
    /// </summary>
    private void CheckOrder(BodyRecord body)
    {
        var later = shadow.Bodies.Find(other => other.Key == body.Key && other.Attempt > body.Attempt
            && other.Began < body.Began && other.Epoch <= body.Epoch);
        Require(later is null, "S18", $"body {body} began after {later}");
        var delay = shadow.Stored.Tries.Values.FirstOrDefault(row => row.Key == body.Key
            && row.Phase == TryPhase.Failed && row.Attempt == body.Attempt - 1 && row.Epoch <= body.Epoch
            && row.ExecutionAttempt == AttemptOf(body.Epoch) + 1);
        Require(
            delay?.RetryAt is not { } retryAt || delay.Epoch <= shadow.Stored.RetryEpoch
                || body.BeganAt.Plus(clockError) >= retryAt,
            "S10",
            $"body {body} began before the delay of its step was over");
    }

    /// <summary>Whether an earlier attempt has failed by it, or by what was delivered again of it.</summary>
    private bool IsSuperseded(JournalEntry entry, int attempt) => shadow.Entries
        .Where(end => end.Kind == EntryKind.AttemptFailed)
        .Take(attempt)
        .SelectMany(end => EngineJson.ReadAttemptEnd(end.Input).Carried)
        .Any(carried => OriginOf(shadow.Entries[(int)carried]) == OriginOf(entry));

    private static long OriginOf(JournalEntry entry) => entry.OriginSeq == 0 ? entry.Seq : entry.OriginSeq;

    /// <remarks>What the database refuses when it is delivered again is a failure from then on.</remarks>
    private void CheckStep(JournalEntry entry)
    {
        var origin = entry.OriginSeq == 0 ? entry : shadow.Entries[(int)entry.OriginSeq];
        Require(
            origin.Key == entry.Key
                && ((origin.Output == entry.Output && origin.Failed == entry.Failed)
                    || (IsRefused(entry) && shadow.WasRefused)),
            "S6",
            $"seq {entry.Seq} does not repeat seq {origin.Seq}");
        if (origin.Failed || origin != entry)
        {
            return;
        }

        var value = Replayer.Serializer.Read<long>(entry.Output);
        Require(
            shadow.Bodies.Exists(body => body.Key == entry.Key && body.Attempt == entry.Attempt
                && (body.Epoch == entry.Epoch || HasLanded(body)) && body.Value == value),
            "S6",
            $"seq {entry.Seq} says that '{entry.Key}' resulted in {value}, but no body of epoch {entry.Epoch} did");
    }

    /// <summary>Whether an earlier attempt has committed a result for a call that is given another input now.</summary>
    private bool HasLandedUnlike(Replayer replayer) => shadow.Stored.Tries.Values.Any(one =>
        one.IsResult() && one.ExecutionAttempt < replayer.Journal.Attempt
        && replayer.Loop.Calls.Find(one.Key) is { } call && !call.HasSameInput(one.Input));

    /// <summary>Whether what a body resulted in was committed before its worker could say so.</summary>
    private bool HasLanded(BodyRecord body) => shadow.Stored.Tries.Values.Any(
        one => one.IsResult() && one.Key == body.Key && one.Attempt == body.Attempt && one.Epoch == body.Epoch);

    private int AttemptOf(long epoch) => _attemptEnds.Count(end => end < epoch);

    private void Require(
        bool holds,
        string invariant,
        [InterpolatedStringHandlerArgument(nameof(holds))] ref WantedText otherwise)
    {
        if (!holds)
        {
            Fail(invariant, otherwise.Take());
        }
    }

    private void Fail(string invariant, string what) => world.Fail($"{invariant}: execution {shadow.Id}: {what}.");
}
