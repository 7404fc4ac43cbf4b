namespace Hydra.Sqlite.Transitions;

/// <summary>
/// An execution that a claim may take; what has been due for longest sorts first, then what started first.
/// </summary>
internal readonly record struct DueExecution(long Number, Instant DueAt, bool Suspect) : IComparable<DueExecution>
{
    public int CompareTo(DueExecution other) =>
        DueAt != other.DueAt ? DueAt.CompareTo(other.DueAt) : Number.CompareTo(other.Number);
}
