using System.Reflection;
using Hydra.Storage;

namespace Hydra.Tests.Support;

/// <summary>A store whose answers come later, from another thread: when a gate is open.</summary>
public class LaterCalls : DispatchProxy
{
    private static readonly MethodInfo WithResult =
        typeof(LaterCalls).GetMethod(nameof(LaterAsync), BindingFlags.Static | BindingFlags.NonPublic)!;

    private object _target = null!;
    private AnswerGate _gate = null!;

    internal static T Of<T>(T target, AnswerGate gate) where T : class
    {
        var proxy = Create<T, LaterCalls>();
        var calls = (LaterCalls)(object)proxy;
        (calls._target, calls._gate) = (target, gate);
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod!.Invoke(_target, BindingFlags.DoNotWrapExceptions, binder: null, args, culture: null) switch
        {
            IWorkflowQueries queries => Of(queries, _gate),
            IScheduleStore schedules => Of(schedules, _gate),
            IRetentionStore retention => Of(retention, _gate),
            ISubjectKeyStore keys => Of(keys, _gate),
            Task answer when targetMethod.ReturnType.IsGenericType => WithResult
                .MakeGenericMethod(targetMethod.ReturnType.GetGenericArguments())
                .Invoke(null, [answer, _gate]),
            Task answer => EndLaterAsync(answer, _gate),
            var result => result,
        };

    private static async Task<T> LaterAsync<T>(Task<T> answer, AnswerGate gate)
    {
        await gate.PassAsync().ConfigureAwait(false);
        return await answer.ConfigureAwait(false);
    }

    private static async Task EndLaterAsync(Task answer, AnswerGate gate)
    {
        await gate.PassAsync().ConfigureAwait(false);
        await answer.ConfigureAwait(false);
    }
}
