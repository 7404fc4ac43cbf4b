namespace Hydra.Sqlite.Transitions;

/// <summary>An execution that a claim may take; the oldest sorts first.</summary>
internal readonly record struct DueExecution(ExecutionId Id, Instant DueAt, bool Suspect) : IComparable<DueExecution>
{
    public int CompareTo(DueExecution other) =>
        DueAt != other.DueAt ? DueAt.CompareTo(other.DueAt) : Id.CompareTo(other.Id);
}
