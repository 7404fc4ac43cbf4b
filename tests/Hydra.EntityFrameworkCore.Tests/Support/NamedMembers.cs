using System.Linq.Expressions;
using System.Reflection;

namespace Hydra.EntityFrameworkCore.Tests;

/// <summary>Finds what an expression names that other assemblies may not.</summary>
public sealed class NamedMembers : ExpressionVisitor
{
    private readonly List<MemberInfo> _hidden = [];

    public static IReadOnlyList<MemberInfo> HiddenIn(Expression expression)
    {
        var visitor = new NamedMembers();
        visitor.Visit(expression);
        return visitor._hidden;
    }

    public override Expression? Visit(Expression? node)
    {
        Note(node?.Type, true);
        return base.Visit(node);
    }

    protected override Expression VisitMember(MemberExpression node)
    {
        Note(node.Member, node.Member is FieldInfo { IsPublic: true } or PropertyInfo { GetMethod.IsPublic: true });
        return base.VisitMember(node);
    }

    protected override Expression VisitMethodCall(MethodCallExpression node)
    {
        Note(node.Method, node.Method.IsPublic);
        return base.VisitMethodCall(node);
    }

    protected override Expression VisitNew(NewExpression node)
    {
        Note(node.Constructor, node.Constructor is not { IsPublic: false });
        return base.VisitNew(node);
    }

    private void Note(MemberInfo? member, bool isPublic)
    {
        if (member is not null && !(isPublic && (member as Type ?? member.DeclaringType!).IsVisible))
        {
            _hidden.Add(member);
        }
    }
}
