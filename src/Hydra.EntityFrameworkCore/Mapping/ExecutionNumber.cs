using System.ComponentModel;
using System.Globalization;
using Microsoft.EntityFrameworkCore.ChangeTracking;

namespace Hydra.EntityFrameworkCore.Mapping;

/// <summary>The number of an execution that the same save inserts, read when what refers to it is written.</summary>
/// <remarks>
/// Not for code of yours: it is public because a compiled model (<c>dotnet ef dbcontext optimize</c>) names it. As safe
/// from several threads as its context is: not at all.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ExecutionNumber
{
    // No foreign key of the model. A save that is retried gets the same number again where the first try was rolled
    // back, and the change tracker, which had seen that number before, would leave the placeholder in what refers to
    // it. Rows of executions are written first: rows are in the order of their tables' names, each with a command of
    // its own. Were one written too early, it would be refused: the table is strict, and takes a text for a number only
    // if it is one.
    private readonly PropertyEntry? _number;

    /// <param name="number">The property that the database generates; null for what was read.</param>
    internal ExecutionNumber(PropertyEntry? number) => _number = number;

    /// <summary>What stands for a number that is read from the database, which nobody does.</summary>
    public static ExecutionNumber Unknown { get; } = new(null);

    /// <summary>The number in digits, or a text that is none while the execution has none.</summary>
    public string ToText() => _number is { IsTemporary: false, CurrentValue: long known }
        ? known.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"not numbered yet ({_number?.CurrentValue})");
}
