using System.Globalization;
using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>
/// Where a payload is stored, in words that are authenticated with it: what stands in one row is not read in another.
/// </summary>
/// <remarks>The words are a part of what is stored. A place that has been written to never gets others.</remarks>
internal readonly struct PayloadPlace
{
    private PayloadPlace(ExecutionId execution, string name)
    {
        Execution = execution;
        Name = name;
    }

    public ExecutionId Execution { get; }

    /// <summary>The words, without the execution.</summary>
    public string Name { get; }

    /// <summary>The words for people.</summary>
    public override string ToString() => Execution == default ? Name : $"{Name} of execution {Execution}";

    /// <remarks>Who ends an execution from outside does not know the seq that its end will have.</remarks>
    public static PayloadPlace OfOutput(ExecutionId execution, JournalEntry entry) =>
        entry.Kind == EntryKind.Terminal ? OfEnd(execution) : Of(execution, $"output of journal entry {entry.Seq}");

    public static PayloadPlace OfInput(ExecutionId execution, JournalEntry entry) =>
        Of(execution, $"input of journal entry {entry.Seq}");

    public static PayloadPlace OfEnd(ExecutionId execution) => new(execution, "end");

    public static PayloadPlace OfDifference(ExecutionId execution, string build) =>
        new(execution, $"difference of build {build}");

    public static PayloadPlace OfSchedule(string schedule) => new(default, $"input of schedule '{schedule}'");

    public static PayloadPlace Of(ExecutionId execution, StepTry row, string what) => Of(
        execution, $"{what} of try {row.Attempt} of step '{row.Key}' in epoch {row.Epoch}, phase {(int)row.Phase}");

    private static PayloadPlace Of(ExecutionId execution, FormattableString name) =>
        new(execution, name.ToString(CultureInfo.InvariantCulture));
}
