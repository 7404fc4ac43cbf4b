using System.Reflection;
using System.Transactions;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>
/// Queries that undo the ambient transaction when one execution is looked for, as its timeout may do at any time.
/// </summary>
public class UndoingQueries : DispatchProxy
{
    private IWorkflowQueries _queries = null!;
    private ExecutionId _id;

    public static IWorkflowQueries Around(IWorkflowQueries queries, ExecutionId id)
    {
        var proxy = Create<IWorkflowQueries, UndoingQueries>();
        var undoing = (UndoingQueries)(object)proxy;
        (undoing._queries, undoing._id) = (queries, id);
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name == nameof(IWorkflowQueries.FindAsync) && _id.Equals(args![0]))
        {
            Transaction.Current!.Rollback();
        }

        return targetMethod.Invoke(_queries, args);
    }
}
