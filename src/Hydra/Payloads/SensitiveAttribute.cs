namespace Hydra;

/// <summary>
/// Marks a member whose value is masked wherever people look at payloads: in the command line, in the JSON of an
/// execution, in explanations and in the difference that a refused execution tells. Code is given the value as it is.
/// </summary>
/// <remarks>
/// The name of the member in JSON is recorded with each payload of the type, since whoever shows it does not know the
/// type; members of that name are masked at every depth of the payload. A marked type is masked as a whole. It holds
/// for JSON by System.Text.Json; what a converter writes by itself, or an object of a type that is known at run time
/// alone, is not seen into. The value is stored all the same: encrypt what must be secret.
/// </remarks>
[AttributeUsage(
    AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Parameter
        | AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class SensitiveAttribute : Attribute;
