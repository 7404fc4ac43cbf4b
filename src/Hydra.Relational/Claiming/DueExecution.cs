namespace Hydra.Relational.Claiming;

/// <summary>An execution that a claim may take; what has been due for longest sorts first.</summary>
internal readonly record struct DueExecution(
    ExecutionId Id, Instant DueAt, int Priority, bool Suspect, long Epoch) : IComparable<DueExecution>
{
    public int CompareTo(DueExecution other) =>
        DueAt != other.DueAt ? DueAt.CompareTo(other.DueAt) : Id.CompareTo(other.Id);
}
