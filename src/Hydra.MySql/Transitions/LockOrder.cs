namespace Hydra.MySql.Transitions;

/// <summary>
/// The one order in which executions are locked: that of their keys. The server locks rows as it joins them, so rows
/// are sent in it.
/// </summary>
internal static class LockOrder
{
    public static List<T> Of<T>(IEnumerable<T> rows, Func<T, ExecutionId> id)
    {
        var ordered = rows.ToList();
        ordered.Sort((one, other) =>
        {
            var (first, second) = (id(one), id(other));
            return first.Shard != second.Shard ? first.Shard.CompareTo(second.Shard) : first.CompareTo(second);
        });
        return ordered;
    }

    public static List<ExecutionId> Of(IEnumerable<ExecutionId> ids) => Of(ids, static id => id);
}
