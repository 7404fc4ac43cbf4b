namespace Hydra.Testing;

/// <summary>A read and its answer as text.</summary>
/// <param name="What">What is read.</param>
/// <param name="CallAsync">Reads it.</param>
internal sealed record ModelRead(string What, Func<IWorkflowQueries, CancellationToken, Task<string>> CallAsync)
{
    public static ModelRead Of<T>(
        string what, Func<IWorkflowQueries, CancellationToken, Task<T>> read, Func<T, string> render) =>
        new(what, async (queries, token) => render(await read(queries, token)));

    public static string Row(ExecutionRow? row) => row is null ? "none" : $"{Make.Comparable(row)}";

    public static string Counts(ExecutionCounts counts) => string.Join(
        "\n    ",
        counts.Executions.Select(static count => $"{count}").Concat(counts.Due.Select(static due => $"{due}"))
            .Order(StringComparer.Ordinal).Prepend($"{counts.Now}"));

    public static Func<IEnumerable<T>, string> Lines<T>(Func<T, string>? render = null) =>
        rows => string.Join("\n    ", rows.Select(row => render?.Invoke(row) ?? $"{row}"));
}
