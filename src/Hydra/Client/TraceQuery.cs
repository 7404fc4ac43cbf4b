using System.Text.Json;

namespace Hydra;

/// <summary>Which value to look for, and where.</summary>
public sealed record TraceQuery
{
    /// <summary>The most executions that one trace reads: 1,000.</summary>
    public const int MaxExecutions = 1_000;

    /// <summary>The value as JSON: <c>"order-17"</c> with its quotes, <c>42</c>, or a whole object.</summary>
    public required string Value { get; init; }

    /// <summary>
    /// Where it must stand within what was recorded, as "$.order.id" or "$.items[0]"; null for anywhere, which is the
    /// default.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>Only in these executions, at most 1,000; by default in the newest.</summary>
    public IReadOnlyList<ExecutionId> Executions { get; init; } = [];

    /// <summary>Only in executions of this workflow; null for all.</summary>
    public string? Workflow { get; init; }

    /// <summary>
    /// Only in executions that were started at this moment or later, by the database's clock; null for no such bound.
    /// </summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>
    /// Only in executions that were started before this moment, by the database's clock; null for no such bound. What
    /// processes have started whose clocks were more than an hour ahead may be missed.
    /// </summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>How many executions are read at most, the newest first, 1 to 1,000. The default is 100.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Reads the value.</summary>
    /// <exception cref="ArgumentException">It is no JSON, or another property is not allowed.</exception>
    internal JsonElement Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Limit, MaxExecutions);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Executions.Count, MaxExecutions);
        try
        {
            return JsonElement.Parse(Value);
        }
        catch (JsonException e)
        {
            throw new ArgumentException(
                $"TraceQuery.Value is not valid JSON: {e.Message} A text stands in quotes: \"{Value}\".", e);
        }
    }
}
