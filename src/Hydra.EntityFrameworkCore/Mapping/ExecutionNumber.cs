using System.Globalization;
using Microsoft.EntityFrameworkCore.ChangeTracking;

namespace Hydra.EntityFrameworkCore.Mapping;

/// <summary>The number of an execution that the same save inserts, read when what refers to it is written.</summary>
/// <remarks>
/// No foreign key of the model. A save that is retried gets the same number again where the first try was rolled back,
/// and the change tracker, which had seen that number before, would leave the placeholder in what refers to it. Rows of
/// executions are written first: rows are in the order of their tables' names, each with a command of its own. Were one
/// written too early, it would be refused: the table is strict, and takes a text for a number only if it is one.
/// </remarks>
/// <param name="number">The property that the database generates; null for what was read, which nobody does.</param>
internal sealed class ExecutionNumber(PropertyEntry? number)
{
    public static ExecutionNumber Unknown { get; } = new(null);

    public string ToText() => number is { IsTemporary: false, CurrentValue: long known }
        ? known.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"not numbered yet ({number?.CurrentValue})");
}
