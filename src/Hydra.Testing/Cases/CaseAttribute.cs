namespace Hydra.Testing;

/// <summary>Marks a method of a <see cref="StoreTest"/> as one case of the suite, or several with arguments.</summary>
/// <param name="arguments">What the method is given.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class CaseAttribute(params object[] arguments) : Attribute
{
    public IReadOnlyList<object> Arguments => arguments;
}
