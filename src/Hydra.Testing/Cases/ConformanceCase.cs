using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace Hydra.Testing;

/// <summary>One thing that every store must do, to be run by any test framework.</summary>
/// <remarks>Immutable, and safe from many threads: cases may run side by side, each on a harness of its own.</remarks>
public sealed class ConformanceCase
{
    private const string Suffix = "Conformance";

    private readonly Func<StoreHarness, StoreTest> _create;
    private readonly Func<StoreTest, Task> _body;

    private ConformanceCase(string area, string name, Func<StoreHarness, StoreTest> create, Func<StoreTest, Task> body)
    {
        Area = area;
        Name = name;
        _create = create;
        _body = body;
    }

    /// <summary>The part of the suite that it belongs to, such as "Claim".</summary>
    public string Area { get; }

    /// <summary>
    /// Its name within the suite, such as "Claim.Nothing_is_due_before_its_time", without blanks. Names are unique.
    /// </summary>
    public string Name { get; }

    /// <summary>Runs the case on a database of its own.</summary>
    /// <param name="harness">A fresh harness, which is disposed when the case has ended.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when the store passed, otherwise why the case does not apply to what the store declares.</returns>
    /// <exception cref="Exception">The store failed; the message tells what was expected and what was
    /// found.</exception>
    public async Task<string?> RunAsync(StoreHarness harness, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(harness);
        CaseContext.Enter(Name, cancellationToken);
        await using var test = _create(harness);
        try
        {
            await test.InitializeAsync();
            await _body(test);
            return null;
        }
        catch (CaseSkippedException skipped)
        {
            return skipped.Message;
        }
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    /// <summary>The cases of a class, in their order: its methods that are marked as such.</summary>
    internal static IEnumerable<ConformanceCase> Of<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods)] T>(Func<StoreHarness, T> create)
        where T : StoreTest
    {
        var name = typeof(T).Name;
        var area = name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length] : name;
        return
            from method in typeof(T).GetMethods(BindingFlags.Instance | BindingFlags.Public)
            from @case in method.GetCustomAttributes<CaseAttribute>()
            from arguments in @case.Rows
            let suffix = arguments.Length == 0 ? "" : $"({string.Join(", ", arguments)})"
            select new ConformanceCase(area, $"{area}.{method.Name}{suffix}", create, Body(method, arguments));
    }

    private static Func<StoreTest, Task> Body(MethodInfo method, object[] arguments) => test =>
        (Task)method.Invoke(test, BindingFlags.DoNotWrapExceptions, binder: null, arguments, culture: null)!;
}
