using System.Data.Common;
using Hydra.Engine;
using Hydra.Engine.Replay;
using Hydra.Engine.Replaying;
using Hydra.Engine.Running;
using Hydra.Engine.Workers;
using Hydra.Simulation.Programs;
using Hydra.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hydra.Simulation.Checks;

/// <summary>
/// The journal of a random program, replayed as `hydra replay` does, as it is and with a change planted.
/// </summary>
internal sealed class ReplayedHistory(TurnHistory history) : IProgramHost
{
    private readonly IReadOnlyList<JournalEntry> _entries = history.Entries;

    bool IProgramHost.RunsOtherCode => false;

    /// <summary>Replays every prefix and the whole; answers what differs although nothing has changed.</summary>
    public string? FindDifference()
    {
        for (var length = 1; length <= _entries.Count; length++)
        {
            var report = Replay([.. _entries.Take(length)], ExecutionState.Running);
            if (report.Verdict != ReplayVerdict.Matches || report.Warnings.Count > 0)
            {
                return $"The first {length} of {_entries.Count} entries: {Describe(report)}";
            }
        }

        return End() is { } end && Replay([.. _entries, end.Entry], end.State) is var whole
            && whole.Verdict != ReplayVerdict.Matches
                ? $"The whole with its end: {Describe(whole)}"
                : null;
    }

    /// <summary>Plants a change in one outcome after the other; answers which is not found.</summary>
    public string? FindMissed()
    {
        foreach (var outcome in new Journal(_entries).Outcomes.Where(entry => entry.Kind == EntryKind.Step))
        {
            var given = Replayer.Serializer.Read<Given>(outcome.Input);
            var other = Replayer.Serializer.Write(given with { Seen = given.Seen + 1 }, "an input");
            if (ReplayWith(outcome with { Key = outcome.Key + "x" }) is { Verdict: not ReplayVerdict.Differs } renamed)
            {
                return $"The renamed step at seq {outcome.Seq}: {Describe(renamed)}";
            }

            if (ReplayWith(outcome with { Input = other }) is { Verdict: not ReplayVerdict.Differs } changed)
            {
                return $"The changed input at seq {outcome.Seq}: {Describe(changed)}";
            }
        }

        return null;
    }

    Task IProgramHost.ForeignAsync(TimeSpan duration, CancellationToken token) =>
        throw new InvalidOperationException("No history of the turn loop alone awaits anything foreign.");

    void IProgramHost.Issued()
    {
    }

    Task<long> IProgramHost.RunBodyAsync(StepPlan plan, Given given, CancellationToken token) =>
        throw new InvalidOperationException("A replay runs no bodies.");

    Task<long> IProgramHost.RunBodyAsync(
        StepPlan plan, DbTransaction transaction, Given given, CancellationToken token) =>
        throw new InvalidOperationException("A replay runs no bodies.");

    private ReplayReport ReplayWith(JournalEntry changed) => Replay(
        [.. _entries.Select(entry => entry.Seq == changed.Seq ? changed : entry)], ExecutionState.Running);

    private ReplayReport Replay(IReadOnlyList<JournalEntry> journal, ExecutionState state)
    {
        var definition = new WorkflowDefinition<Nothing, string>(
            "program",
            new WorkflowOptions(),
            Guid.Empty,
            (_, context, _) => new Interpreter(context, this).RunAsync(history.Program));
        using var runtime = new ImmediateRuntime();
        var setup = new ReplaySetup(
            runtime,
            Replayer.Serializer,
            new WorkflowRegistry([definition], new WorkflowOptions()),
            NoServices.Instance,
            static _ => { },
            new EngineLog(NullLogger.Instance));
        var row = new ExecutionRow
        {
            Id = history.Id,
            Workflow = "program",
            State = state,
            Epoch = 1,
            StartedAt = journal[0].At,
        };
        var replay = ReplayRun.RunAsync(
            setup, new ExecutionDetails("default", row, journal, [], [], []), new ReplayOptions(), default);
        return replay.IsCompletedSuccessfully
            ? replay.Result
            : throw new InvalidOperationException("The code of the program awaits something that never comes.");
    }

    /// <summary>How a worker would have ended it; null when it goes on.</summary>
    private (JournalEntry Entry, ExecutionState State)? End()
    {
        var replayer = new Replayer(history.Id, _entries[0].At, _entries, history.Program);
        replayer.Loop.Pump();
        var code = replayer.Loop.Code!;
        if (replayer.Loop.HasLeftResultBehind)
        {
            return Failed(ExecutionState.Failed, Activation.ResultLeftBehind(replayer.Journal));
        }

        if (!code.IsCompleted)
        {
            return null;
        }

        try
        {
            return (Terminal(code.GetAwaiter().GetResult(), failed: false), ExecutionState.Completed);
        }
        catch (Exception e)
        {
            return Failed(Activation.StateAfter(e, replayer.Journal), Failures.From(e));
        }
    }

    private (JournalEntry Entry, ExecutionState State) Failed(ExecutionState state, Failure failure) =>
        (Terminal(EngineJson.Write(failure), failed: true), state);

    private JournalEntry Terminal(Payload output, bool failed) => new()
    {
        Seq = _entries[^1].Seq + 1,
        Kind = EntryKind.Terminal,
        Failed = failed,
        Output = output,
        At = _entries[^1].At,
        Epoch = 1,
    };

    private static string Describe(ReplayReport report) =>
        $"{report.Verdict}: {report.Difference} {string.Join(' ', report.Warnings)}";
}
