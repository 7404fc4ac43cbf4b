using System.Reflection;
using Hydra.Storage;

namespace Hydra.Tests.Support;

/// <summary>Counts the calls of a store as work from their beginning until they are answered.</summary>
/// <remarks>
/// A wait for changes is none: it lasts as long as nothing changes. A store goes on with a call on threads of its own:
/// on those of an engine that is dead it never would.
/// </remarks>
public class CountedCalls : DispatchProxy
{
    private object _target = null!;
    private Pulse _pulse = null!;

    internal static T Of<T>(T target, Pulse pulse) where T : class
    {
        var proxy = Create<T, CountedCalls>();
        var calls = (CountedCalls)(object)proxy;
        (calls._target, calls._pulse) = (target, pulse);
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name is nameof(IWorkflowStore.WaitForChangeAsync) or nameof(IAsyncDisposable.DisposeAsync))
        {
            return Call(targetMethod, args);
        }

        _pulse.Begin();
        var answer = Task.CompletedTask;
        try
        {
            var result = Call(targetMethod, args);
            answer = result as Task ?? answer;
            return result switch
            {
                IWorkflowQueries queries => Of(queries, _pulse),
                ITransactionalStore transactions => Of(transactions, _pulse),
                IScheduleStore schedules => Of(schedules, _pulse),
                Task<StepTransaction> begins => CountedTransaction.OfAsync(begins, _pulse),
                _ => result,
            };
        }
        finally
        {
            _pulse.EndWith(answer);
        }
    }

    private object? Call(MethodInfo method, object?[]? args)
    {
        var call = new Task<object?>(
            () => method.Invoke(_target, BindingFlags.DoNotWrapExceptions, binder: null, args, culture: null));
        call.RunSynchronously(TaskScheduler.Default);
        return call.GetAwaiter().GetResult();
    }
}
