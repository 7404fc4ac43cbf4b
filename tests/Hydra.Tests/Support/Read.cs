using System.Text;
using Hydra.Engine;
using Hydra.Storage;

namespace Hydra.Tests.Support;

/// <summary>Reads what is recorded of executions the way assertions like it.</summary>
internal static class Read
{
    public static string Text(this Payload payload) => Encoding.UTF8.GetString(payload.Data.Span);

    public static Failure Failure(this Payload payload) => EngineJson.ReadFailure(payload);

    public static IReadOnlyList<JournalEntry> Steps(this ExecutionDetails details) =>
        [.. details.Journal.Where(entry => entry.Kind == EntryKind.Step)];

    public static IReadOnlyList<JournalEntry> Sleeps(this ExecutionDetails details) =>
        [.. details.Journal.Where(entry => entry.Kind == EntryKind.Sleep)];

    public static IReadOnlyList<EntryKind> Kinds(this ExecutionDetails details) =>
        [.. details.Journal.Select(entry => entry.Kind)];

    /// <summary>The failure of the terminal entry.</summary>
    public static Failure End(this ExecutionDetails details) => details.Journal[^1].Output.Failure();

    /// <summary>How long after the start of the test's clock something was.</summary>
    public static TimeSpan Time(this Instant instant) => instant.ToDateTimeOffset() - World.Start;
}
