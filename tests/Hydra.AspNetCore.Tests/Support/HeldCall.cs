using System.Reflection;
using Hydra.Storage;

namespace Hydra.AspNetCore.Tests.Support;

/// <summary>One call of a store that does not come back, and keeps its thread, until it is let go.</summary>
/// <param name="call">Its name.</param>
public sealed class HeldCall(string call) : IDisposable
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _free = new();

    /// <summary>Ends when somebody has made the call.</summary>
    public Task Begun => _begun.Task;

    /// <summary>Puts itself around a store and all that it consists of.</summary>
    public IWorkflowStore Around(IWorkflowStore store) => Proxy.Of(store, this);

    /// <summary>Lets the call go, and all that follow.</summary>
    public void Dispose() => _free.Set();

    private void Enter(string name)
    {
        if (name == call)
        {
            _begun.TrySetResult();
            _free.Wait();
        }
    }

    public class Proxy : DispatchProxy
    {
        private object _target = null!;
        private HeldCall _held = null!;

        internal static T Of<T>(T target, HeldCall held) where T : class
        {
            var proxy = Create<T, Proxy>();
            var calls = (Proxy)(object)proxy;
            (calls._target, calls._held) = (target, held);
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            _held.Enter(targetMethod!.Name);
            var result = targetMethod.Invoke(
                _target, BindingFlags.DoNotWrapExceptions, binder: null, args, culture: null);
            return result switch
            {
                IScheduleStore schedules => Of(schedules, _held),
                IRetentionStore retention => Of(retention, _held),
                _ => result,
            };
        }
    }
}
