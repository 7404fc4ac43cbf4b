using Hydra.Storage;

namespace Hydra.Engine.Replay;

/// <summary>
/// Holds a recorded outcome against the call that today's code makes, and says in words how they differ.
/// </summary>
/// <remarks>
/// Compared are kind, key, issue position and input; inputs by value, so that an optional property blocks nobody.
/// </remarks>
internal static class Comparison
{
    public static Mismatch? Check(JournalEntry entry, Call? call, CallTable calls)
    {
        if (call is null)
        {
            var outstanding = calls.Count == 0 ? "nothing" : string.Join(", ", calls.Outstanding.Select(Describe));
            return new Mismatch($"The journal has {Describe(entry)}, but the code awaits {outstanding}.");
        }

        if (call.Kind != entry.Kind || call.Position != entry.Position || call.Ordinal != entry.Ordinal)
        {
            return new Mismatch($"The journal has {Describe(entry)}, issued at {entry.Position}.{entry.Ordinal}, "
                + $"but the code issued {Describe(call)} at {call.Position}.{call.Ordinal}.");
        }

        return call.HasSameInput(entry.Input)
            ? null
            : new Mismatch($"The input of {Describe(entry)} was {Show(entry.Input)}, "
                + $"but the code gives it {Show(call.Input)}.");
    }

    /// <summary>Says how a call differs from a result that was committed for it in the user's transaction.</summary>
    public static Mismatch OfLanded(StepTry landed, Call call) => new(
        $"The result of {Describe(call)} was committed with the input {Show(landed.Input)}, but the code gives it "
        + $"{Show(call.Input)}.");

    public static string Describe(Call call) => $"{Word(call.Kind)} '{call.Key}'";

    public static string Describe(JournalEntry entry) => $"{Word(entry.Kind)} '{entry.Key}' at seq {entry.Seq}";

    private static string Word(EntryKind kind) => kind switch
    {
        EntryKind.Step => "step",
        EntryKind.Sleep => "sleep",
        EntryKind.Foreign => "foreign continuation",
        EntryKind.Cancellation => "cancellation",
        EntryKind.Timeout => "timeout",
        _ => kind.ToString(),
    };

    public static string Show(Payload payload)
    {
        const int Longest = 300;
        var text = payload.IsNone ? "nothing"
            : !payload.IsReadable ? payload.ToString()
            : PayloadText.Of(payload);
        return text.Length <= Longest ? text : $"{text[..Longest]}... ({payload})";
    }
}
