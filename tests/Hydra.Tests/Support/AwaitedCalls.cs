using System.Reflection;

namespace Hydra.Tests.Support;

/// <summary>The public methods of types that a caller awaits, by their names and parameters.</summary>
internal static class AwaitedCalls
{
    private static readonly Type[] Generic = [typeof(Task<>), typeof(ValueTask<>), typeof(IAsyncEnumerable<>)];

    public static IEnumerable<string> Of(IEnumerable<Type> types) =>
        from type in types
        from method in type.GetMethods(
            BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        where IsAwaited(method.ReturnType)
        orderby type.Name, method.Name
        select $"{type.Name}.{method.Name}({string.Join(", ", ParametersOf(method))})";

    private static IEnumerable<string?> ParametersOf(MethodInfo method) =>
        from parameter in method.GetParameters()
        where parameter.ParameterType != typeof(CancellationToken)
        select parameter.Name;

    private static bool IsAwaited(Type type) =>
        type == typeof(Task) || type == typeof(ValueTask)
        || (type.IsGenericType && Generic.Contains(type.GetGenericTypeDefinition()));
}
