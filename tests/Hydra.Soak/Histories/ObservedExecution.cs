using System.Text.Json;

namespace Hydra.Soak.Histories;

/// <summary>An execution as its JSON shows it at one moment.</summary>
internal sealed record ObservedExecution
{
    public static readonly string[] TerminalStates = ["completed", "failed", "cancelled", "timedOut"];

    public required string Id { get; init; }

    public required string Workflow { get; init; }

    public string? Key { get; init; }

    public required string State { get; init; }

    public string? BlockedReason { get; init; }

    public long Epoch { get; init; }

    public int Crashes { get; init; }

    public int Attempt { get; init; } = 1;

    public int MaxAttempts { get; init; } = 3;

    public string Input { get; init; } = "null";

    public string Output { get; init; } = "null";

    public long? StartedMicros { get; init; }

    public long? FinishedMicros { get; init; }

    /// <summary>The journal in order.</summary>
    public IReadOnlyList<ObservedEntry> Entries { get; init; } = [];

    /// <summary>Every try at a step, in the journal or beside it.</summary>
    public IReadOnlyList<ObservedTry> Recorded { get; init; } = [];

    /// <summary>Why builds have refused to replay it.</summary>
    public IReadOnlyList<string> Refusals { get; init; } = [];

    /// <summary>When the crash was noticed that ended an epoch.</summary>
    public IReadOnlyList<(long Epoch, long AtMicros)> CrashHistory { get; init; } = [];

    public bool IsTerminal => TerminalStates.Contains(State);

    public long LastSeq => Entries.Count == 0 ? -1 : Entries.Max(entry => entry.Seq);

    /// <summary>Where its code heard that it was to stop; null when it did not.</summary>
    public ObservedEntry? Cancellation => Entries.FirstOrDefault(entry => entry.Kind == "cancellation");

    /// <summary>The attempt of the execution that an epoch belongs to: the end of one gives up its epoch.</summary>
    public int AttemptOf(long epoch) =>
        1 + Entries.Count(entry => entry.Kind == "attemptFailed" && entry.Epoch < epoch);

    public static ObservedExecution Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var execution = document.RootElement;
        return new ObservedExecution
        {
            Id = execution.GetProperty("id").GetString()!,
            Workflow = execution.GetProperty("workflow").GetString()!,
            Key = execution.GetProperty("key").GetString(),
            State = execution.GetProperty("state").GetString()!,
            BlockedReason = execution.GetProperty("blockedReason").GetString(),
            Epoch = execution.GetProperty("epoch").GetInt64(),
            Crashes = execution.GetProperty("crashes").GetInt32(),
            Attempt = execution.GetProperty("attempt").GetInt32(),
            MaxAttempts = execution.GetProperty("maxAttempts").GetInt32(),
            Input = execution.GetProperty("input").GetRawText(),
            Output = execution.GetProperty("output").GetRawText(),
            StartedMicros = Micros(execution.GetProperty("startedAt")),
            FinishedMicros = Micros(execution.GetProperty("finishedAt")),
            Entries =
            [
                .. execution.GetProperty("steps").EnumerateArray()
                    .Where(step => step.GetProperty("seq").ValueKind == JsonValueKind.Number)
                    .Select(Step)
                    .Concat(execution.GetProperty("timeline").EnumerateArray().Select(Other))
                    .OrderBy(entry => entry.Seq),
            ],
            Recorded = [.. execution.GetProperty("steps").EnumerateArray().Select(Try)],
            Refusals =
            [
                .. execution.GetProperty("refusals").EnumerateArray()
                    .Select(refusal => refusal.GetProperty("difference").GetRawText()),
            ],
            CrashHistory =
            [
                .. execution.GetProperty("crashHistory").EnumerateArray()
                    .Select(crash => (crash.GetProperty("epoch").GetInt64(), Micros(crash.GetProperty("at")) ?? 0)),
            ],
        };
    }

    private static ObservedTry Try(JsonElement step) => new(
        step.GetProperty("key").GetString()!,
        step.GetProperty("attempt").GetInt32(),
        step.GetProperty("epoch").GetInt64(),
        step.GetProperty("state").GetString()!,
        step.GetProperty("input").GetRawText());

    private static ObservedEntry Step(JsonElement step) => new()
    {
        Seq = step.GetProperty("seq").GetInt64(),
        Kind = "step",
        Key = step.GetProperty("key").GetString()!,
        Attempt = step.GetProperty("attempt").GetInt32(),
        Input = step.GetProperty("input").GetRawText(),
        Epoch = step.GetProperty("epoch").GetInt64(),
        State = step.GetProperty("state").GetString()!,
        Superseded = step.GetProperty("superseded").GetBoolean(),
        ValueHash = step.GetProperty("valueHash").GetString(),
        AtMicros = Micros(step.GetProperty("finishedAt")) ?? 0,
        Fingerprint = string.Join('|', step.EnumerateObject()
            .Where(property => property.Name != "superseded") // A later attempt may set it aside.
            .Select(property => property.Value.GetRawText())),
    };

    private static ObservedEntry Other(JsonElement entry) => new()
    {
        Seq = entry.GetProperty("seq").GetInt64(),
        Kind = entry.GetProperty("kind").GetString()!,
        Key = entry.TryGetProperty("key", out var key) ? key.GetString()! : "",
        Epoch = entry.GetProperty("epoch").GetInt64(),
        State = entry.TryGetProperty("state", out var state) ? state.GetString()! : "",
        ValueHash = entry.TryGetProperty("valueHash", out var hash) ? hash.GetString() : null,
        AtMicros = Micros(entry.GetProperty("at")) ?? 0,
        Input = entry.TryGetProperty("input", out var given) ? given.GetRawText() : "",
        Position = entry.TryGetProperty("position", out var position) ? position.GetInt32() : 0,
        ForMicros = entry.TryGetProperty("input", out var input) && input.ValueKind == JsonValueKind.Object
            && input.TryGetProperty("forMicros", out var length) ? length.GetInt64() : null,
        TruncateAt = entry.TryGetProperty("truncateAt", out var cut) && cut.ValueKind == JsonValueKind.Number
            ? cut.GetInt64()
            : null,
        Carried = entry.TryGetProperty("carried", out var carried)
            ? [.. carried.EnumerateArray().Select(seq => seq.GetInt64())]
            : [],
        Fingerprint = entry.GetRawText(),
    };

    private static long? Micros(JsonElement time) => time.ValueKind == JsonValueKind.String
        ? (time.GetDateTime() - DateTime.UnixEpoch).Ticks / 10
        : null;
}
