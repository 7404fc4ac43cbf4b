using Hydra.Engine;
using Hydra.Engine.Replay;
using Hydra.Engine.Running;
using Hydra.Simulation.Programs;
using Hydra.Simulation.Worlds;
using Hydra.Storage;

namespace Hydra.Simulation.Checks;

/// <summary>
/// One program run over the turn loop alone, with outcomes by chance: first without interruption, then again from every
/// prefix of what was recorded, as if the process had died behind every single entry.
/// </summary>
internal sealed class TurnHistory
{
    private const int MostEntries = 60;
    private const int SomeCrashes = 4;

    private static readonly Payload Failure = EngineJson.Write(new Failure("Simulated", "failed"));

    private readonly Chance _chance;
    private readonly Node _program;
    private readonly ExecutionId _id;
    private readonly int _maxAttempts;
    private readonly List<JournalEntry> _journal = [];

    public TurnHistory(ulong seed)
    {
        _chance = new Chance(seed);
        _program = new ProgramGenerator(_chance).Make(_chance.Between(1, 4));
        _id = ExecutionId.Create(1, _chance.Next(), 1);
        _maxAttempts = _chance.Between(1, 4);
    }

    /// <summary>How many outcomes were delivered, in all runs together.</summary>
    public long Turns { get; private set; }

    public ExecutionId Id => _id;

    public Node Program => _program;

    /// <summary>What was recorded, without the end of the execution.</summary>
    public IReadOnlyList<JournalEntry> Entries => _journal;

    /// <summary>Runs everything; answers what went wrong, or null.</summary>
    public string? Run()
    {
        _journal.Add(new JournalEntry { Seq = 0, Kind = EntryKind.Input, At = new Instant(1_000_000), Epoch = 1 });
        var whole = Record();
        if (whole.Wrong is not null)
        {
            return whole.Wrong;
        }

        foreach (var length in Lengths())
        {
            var again = Repeat(length);
            if (again.Wrong is not null)
            {
                return $"After a crash behind {length} of {_journal.Count} entries: {again.Wrong}";
            }

            if (again.Ending != whole.Ending)
            {
                return $"After a crash behind {length} entries it ended '{again.Ending}' instead of '{whole.Ending}'.";
            }
        }

        return null;
    }

    /// <summary>Where the process dies: behind some entries, in one of a few seeds behind every one.</summary>
    private IEnumerable<int> Lengths() => _chance.OneIn(16)
        ? Enumerable.Range(1, _journal.Count)
        : Enumerable.Range(0, Math.Min(_journal.Count, SomeCrashes)).Select(_ => _chance.Between(1, _journal.Count));

    /// <summary>Runs the program for the first time and fills the journal.</summary>
    private (string Ending, string? Wrong) Record()
    {
        var replayer = Begin(1);
        while (true)
        {
            replayer.Time = replayer.Time.Plus(TimeSpan.FromMicroseconds(_chance.Below(5)));
            replayer.Loop.Pump();
            Take(replayer);
            if (Trouble(replayer) is { } wrong)
            {
                return ("", wrong);
            }

            if (replayer.Loop.HasLeftResultBehind || _journal.Count >= MostEntries)
            {
                return (Describe(replayer), null);
            }

            if (replayer.Loop.Code!.IsCompleted)
            {
                if (!IsRetried(replayer))
                {
                    return (Describe(replayer), null);
                }

                _journal.Add(AttemptFailed(replayer));
                replayer = Begin(_journal.Count);
            }
            else if (Arrive(replayer) is { } trouble)
            {
                return ("", trouble);
            }
        }
    }

    /// <summary>Begins with a prefix of the journal and lets happen again what came after it.</summary>
    private (string Ending, string? Wrong) Repeat(int length)
    {
        var replayer = Begin(length);
        while (true)
        {
            replayer.Time = length < _journal.Count ? _journal[length].At : replayer.Time;
            replayer.Loop.Pump();
            foreach (var entry in replayer.Loop.NewEntries)
            {
                Turns++;
                if (length == _journal.Count || !IsSame(_journal[length], entry))
                {
                    return ("", $"{entry} was recorded instead of {_journal.ElementAtOrDefault(length)}");
                }

                length++;
            }

            replayer.Loop.NewEntries.Clear();
            if (Trouble(replayer) is { } wrong)
            {
                return ("", wrong);
            }

            if (length == _journal.Count)
            {
                return (Describe(replayer), null);
            }

            var next = _journal[length];
            if (next.Kind == EntryKind.AttemptFailed)
            {
                if (!replayer.Loop.Code!.IsCompleted || AttemptFailed(replayer).Input != next.Input)
                {
                    return ("", $"attempt {next.Attempt} does not end as it did");
                }

                replayer = Begin(++length);
            }
            else if (next.Kind is EntryKind.Step or EntryKind.Sleep or EntryKind.Cancellation or EntryKind.Timeout)
            {
                var call = replayer.Loop.Calls.Find(next.Key);
                replayer.Loop.Arrive(new Arrival(
                    next.Kind, call, next.Output, next.Failed, next.Attempt, next.StartedAt));
            }
        }
    }

    private Replayer Begin(int length) => new(_id, _journal[0].At, _journal.Take(length), _program, epoch: 1)
    {
        Time = _journal[length - 1].At,
    };

    private void Take(Replayer replayer)
    {
        Turns += replayer.Loop.NewEntries.Count;
        _journal.AddRange(replayer.Loop.NewEntries);
        replayer.Loop.NewEntries.Clear();
    }

    /// <summary>Lets one outcome arrive, or several before the next pump.</summary>
    private string? Arrive(Replayer replayer)
    {
        var calls = replayer.Loop.Calls.Outstanding.ToList();
        if (calls.Count == 0)
        {
            return "The code awaits nothing and has not ended.";
        }

        if (_chance.OneIn(40))
        {
            replayer.Loop.Arrive(new Arrival(_chance.Of(EntryKind.Cancellation, EntryKind.Timeout)));
        }

        for (var arrivals = _chance.Between(1, 3); arrivals > 0; arrivals--)
        {
            var call = calls[_chance.Below(calls.Count)];
            if (IsRecorded(replayer, call))
            {
                return $"The body of '{call.Key}' would run again although its result is there.";
            }

            var failed = call.Kind == EntryKind.Step && _chance.OneIn(5);
            var output = call.Kind != EntryKind.Step ? default
                : failed ? Failure
                : Replayer.Serializer.Write((long)_chance.Below(1000), "an output");
            replayer.Loop.Arrive(new Arrival(call.Kind, call, output, failed, Attempt: 1, replayer.Time));
            calls.Remove(call);
            if (calls.Count == 0)
            {
                break;
            }
        }

        return null;
    }

    /// <summary>Whether a success of the call was recorded in any attempt, and not under another input.</summary>
    private static bool IsRecorded(Replayer replayer, Call call) => replayer.Journal.Entries.Any(entry =>
        entry is { Kind: EntryKind.Step, Failed: false } && entry.Key == call.Key
        && entry.Input.HasSamePlaintext(call.Input));

    private bool IsRetried(Replayer replayer) => replayer.Loop.Code!.IsFaulted
        && replayer.Journal.Attempt < _maxAttempts && !replayer.Journal.EndDelivered;

    private static JournalEntry AttemptFailed(Replayer replayer) => new()
    {
        Seq = replayer.Journal.LastSeq + 1,
        Kind = EntryKind.AttemptFailed,
        Failed = true,
        Input = EngineJson.Write(
            CarriedFailures.Find(replayer.Journal, replayer.Loop.Code!.Exception!.InnerException!)),
        At = Instant.Max(replayer.Time, replayer.Journal.LastTime),
        Attempt = replayer.Journal.Attempt,
        Epoch = 1,
    };

    private static string? Trouble(Replayer replayer) => replayer.Loop.Mismatch?.Message
        ?? (replayer.Violations.Count > 0 ? replayer.Violations[0] : null);

    private static bool IsSame(JournalEntry one, JournalEntry other) =>
        one.Seq == other.Seq && one.Kind == other.Kind && one.Key == other.Key && one.Position == other.Position
        && one.Ordinal == other.Ordinal && one.Failed == other.Failed && one.Input == other.Input
        && one.Output == other.Output && one.At == other.At && one.OriginSeq == other.OriginSeq;

    private static string Describe(Replayer replayer)
    {
        var code = replayer.Loop.Code!;
        if (code.IsFaulted)
        {
            var escaped = code.Exception!.InnerException!;
            return $"{escaped.GetType().Name}: {escaped.Message}";
        }

        var awaited = replayer.Loop.Calls.Outstanding.Select(call => $"{call.Key} {call.Position}.{call.Ordinal}");
        return code.IsCompletedSuccessfully
            ? System.Text.Encoding.UTF8.GetString(code.Result.Data.Span)
            : $"{code.Status}, awaits {string.Join(' ', awaited)}";
    }
}
